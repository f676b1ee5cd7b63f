import Activations
import Foundation
import Placement

// What plans for DeepSeek-V3's shape are like after so many seconds, each of a search of its own that was told to end then:
// swift run -c release --package-path Benchmarks/Placement PlacementCurve [SECONDS,… [REQUESTS [NODES DEVICES REDUNDANT]]] [--objective balance|bytes|time]… [--loads FILE]
var arguments = Array(CommandLine.arguments.dropFirst())
@MainActor func values(of flag: String) -> [String] {
    var values: [String] = []
    while let place = arguments.firstIndex(of: flag), place + 1 < arguments.count {
        values.append(arguments[place + 1])
        arguments.removeSubrange(place...place + 1)
    }
    return values
}
let loadsFile = values(of: "--loads").last
let objectives = values(of: "--objective")
let seconds = arguments.first.map { $0.split(separator: ",").compactMap { Double($0) } } ?? [1, 2, 5, 10, 30, 60]
let numbers = arguments.dropFirst().compactMap { Int($0) }
guard numbers.count == max(0, arguments.count - 1), [0, 1, 4].contains(numbers.count), !seconds.isEmpty,
    numbers.allSatisfy({ $0 >= 0 }), objectives.allSatisfy(["balance", "bytes", "time"].contains)
else {
    FileHandle.standardError.write(
        Data(
            "usage: PlacementCurve [SECONDS,… [REQUESTS [NODES DEVICES REDUNDANT]]] [--objective NAME] [--loads FILE]\n"
                .utf8))
    exit(64)
}
let requests = numbers.first ?? 128
let (nodes, devices, redundant) = numbers.count == 4 ? (numbers[1], numbers[2], numbers[3]) : (40, 8, 32)
let trace = MadeUpTrace(layers: 58, experts: 256, topK: 8, requests: requests, tokens: 48)
var training = TrainingSet(shape: trace.shape)
for request in trace.requests { training.add(request) }
let balance = CountedBalance(training)
if let loadsFile {
    let lines = trace.shape.blocks.indices.map { layer in
        training.loads(layer: layer).map { String(Int($0)) }.joined(separator: " ")
    }
    try lines.joined(separator: "\n").write(toFile: loadsFile, atomically: true, encoding: .utf8)
}

func show(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

@MainActor func row(_ plan: PlacementPlan, _ name: String) throws {
    var trial = try PlanTrial(plan: plan, shape: trace.shape)
    for request in trace.requests { trial.add(request) }
    let visits = trial.score.remoteNodesPerToken / Double(trace.shape.layerCount)
    show(
        String(
            format: "| %@ | %.4f | %.4f | %.3f |", name, try balance.imbalance(plan), trial.score.imbalance, visits))
}

@MainActor func curve(_ objective: PlacementDemand.Objective) throws {
    var demand = PlacementDemand(nodes: nodes, devicesPerNode: devices, redundant: redundant)
    demand.objective = objective
    demand.groups = objective != .balance
    let eplb = try Baseline.eplb.plan(training, demand)
    show("\nobjective \(objective), \(nodes) x \(devices) devices, \(redundant) redundant, \(requests) requests")
    let bound = balance.bound(devices: nodes * devices, copies: training.shape.expertCount + redundant)
    show(String(format: "no placement's even imbalance is below %.4f", bound))
    show("| asked, took, turns | imbalance, even shares | with homes | visits |\n| --- | ---: | ---: | ---: |")
    try row(eplb, "EPLB")
    for limit in seconds {
        let started = ContinuousClock.now
        var turns = 0
        let plan = try LimitLadder.plan(
            training, demand, turns: 0, until: SearchTime(until: started + .seconds(limit)),
            report: { turns = $0.turns })
        let took = (ContinuousClock.now - started) / .seconds(1)
        try row(plan, String(format: "%.0f s, %.2f s, %d", limit, took, turns))
    }
}
for objective in objectives.isEmpty ? ["balance", "bytes"] : objectives {
    try curve(objective == "balance" ? .balance : objective == "time" ? .time(visit: 1, imbalance: 1) : .bytes)
}
