import Activations
import Foundation
import Placement

// How a plan for DeepSeek-V3's shape gets better with time:
// swift run -c release --package-path Benchmarks/Placement PlacementCurve [SECONDS [NODES DEVICES REDUNDANT]] [--loads FILE]
var arguments = Array(CommandLine.arguments.dropFirst())
var loadsFile: String?
if let flag = arguments.firstIndex(of: "--loads"), flag + 1 < arguments.count {
    loadsFile = arguments[flag + 1]
    arguments.removeSubrange(flag...flag + 1)
}
let numbers = arguments.compactMap { Int($0) }
guard numbers.count == arguments.count, [0, 1, 4].contains(numbers.count), numbers.allSatisfy({ $0 >= 0 }) else {
    FileHandle.standardError.write(
        Data("usage: PlacementCurve [SECONDS [NODES DEVICES REDUNDANT]] [--loads FILE]\n".utf8))
    exit(64)
}
let seconds = numbers.first ?? 20
let (nodes, devices, redundant) = numbers.count == 4 ? (numbers[1], numbers[2], numbers[3]) : (40, 8, 32)
let trace = MadeUpTrace(layers: 58, experts: 256, topK: 8, requests: 128, tokens: 48)
var training = TrainingSet(shape: trace.shape)
for request in trace.requests { training.add(request) }
if let loadsFile {
    let lines = trace.shape.blocks.indices.map { layer in
        training.loads(layer: layer).map { String(Int($0)) }.joined(separator: " ")
    }
    try lines.joined(separator: "\n").write(toFile: loadsFile, atomically: true, encoding: .utf8)
}

func show(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

@MainActor func curve(_ objective: PlacementDemand.Objective) throws {
    var demand = PlacementDemand(nodes: nodes, devicesPerNode: devices, redundant: redundant)
    demand.objective = objective
    demand.groups = objective != .balance
    let eplb = Measure(try Baseline.eplb.plan(training, demand), training)
    show("\nobjective \(objective), \(nodes) x \(devices) devices, \(redundant) redundant")
    show(String(format: "EPLB's imbalance %.4f, no placement below %.4f", eplb.imbalance, eplb.least))
    show("| seconds | imbalance | visits |\n| ---: | ---: | ---: |")
    var started = ContinuousClock.now
    var search = try PlacementSearch(training, demand)
    // Time spent searching, measuring left out.
    var spent = ContinuousClock.now - started
    var checkpoint = Duration.milliseconds(500)
    while true {
        let plan = try search.best()
        var trial = try PlanTrial(plan: plan, shape: trace.shape)
        for request in trace.requests { trial.add(request) }
        show(
            String(
                format: "| %.2f | %.4f | %.3f |", spent / .seconds(1), Measure(plan, training).imbalance,
                trial.score.remoteNodesPerToken / Double(trace.shape.layerCount)))
        guard spent < .seconds(seconds) else { return }
        started = ContinuousClock.now
        let end = started + (checkpoint - spent)
        while ContinuousClock.now < end { search.improve { ContinuousClock.now >= end } }
        spent += ContinuousClock.now - started
        while checkpoint <= spent { checkpoint *= 2 }
        checkpoint = min(checkpoint, max(.seconds(seconds), spent + .milliseconds(1)))
    }
}
try curve(.balance)
try curve(.bytes)
