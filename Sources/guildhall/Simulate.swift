import Activations
import ArgumentParser
import Foundation
import Placement
import Tensors

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replay requests on placement plans: bytes, times, latencies, balance.",
        discussion: """
            Requests of the trace run in continuous batches on the machines of a topology, step by step, with their experts \
            where the plan puts them and themselves where its groups send them. Several plans see the same requests in the \
            same order and are compared with the first. Give it requests that the plans were not made from: see --exclude. \
            docs/simulation.md explains the figures.
            """)

    @Option(help: "Folder of a trace.") var trace: String
    @Option(help: "Plan file; may be repeated.") var plan: [String]
    @OptionGroup var machine: FleetOptions
    @OptionGroup var replay: ReplayOptions
    @OptionGroup var selection: RequestSelection
    @Option(help: "Write the node of every request, and how it was known, as JSON lines.") var assignments: String?
    @Option(help: "Write all results as JSON.") var json: String?

    func validate() throws {
        guard !plan.isEmpty else { throw ValidationError("Name at least one --plan.") }
    }

    func run() async throws {
        try checkFolder(of: assignments)
        try checkFolder(of: json)
        let trace = try selection.load(self.trace)
        let runs = try plan.map { try run(of: $0, trace: trace) }
        if let assignments { try write(runs, to: assignments) }
        let outcomes = try await Self.outcomes(of: runs)
        let report = SimulationReport(
            trace: trace, traceName: self.trace, runs: runs, outcomes: outcomes, options: runs[0].simulation.options)
        if let json { try report.writeJSON(to: json) }
        Terminal.out(report.text)
    }

    /// One plan and everything that its simulation needs.
    struct Run: Sendable {
        let name: String
        let plan: PlacementPlan
        let cost: CostModel
        var simulation: Simulation
    }

    private func run(of path: String, trace: ReplayTrace) throws -> Run {
        let plan = try readPlan(path)
        let cost = CostModel(
            topology: try machine.machines(for: plan), model: try machine.model(for: trace.shape),
            communication: machine.communication)
        let simulation = try Simulation(
            trace: trace, plan: plan, cost: cost, options: replay.options(), replanner: replay.replanner(cost),
            threads: max(1, ComputePool.availableProcessors / self.plan.count))
        return Run(name: path, plan: plan, cost: cost, simulation: simulation)
    }

    /// Simulates all plans at the same time; they have nothing in common that changes.
    private static func outcomes(of runs: [Run]) async throws -> [SimulationOutcome] {
        try await withThrowingTaskGroup(of: (Int, SimulationOutcome).self) { group in
            for (index, run) in runs.enumerated() {
                group.addTask {
                    var simulation = run.simulation
                    try simulation.run()
                    return (index, simulation.outcome)
                }
            }
            var outcomes: [Int: SimulationOutcome] = [:]
            for try await (index, outcome) in group { outcomes[index] = outcome }
            return runs.indices.compactMap { outcomes[$0] }
        }
    }

    private func write(_ runs: [Run], to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var data = Data()
        for run in runs {
            let options = replay.options()
            for assignment in RequestAssignment.all(of: run.simulation.trace, plan: run.plan, options: options) {
                data += try encoder.encode(AssignmentLine(plan: run.name, assignment: assignment)) + Data("\n".utf8)
            }
        }
        try writeFile(data, to: path)
    }
}

/// A line of `--assignments`.
private struct AssignmentLine: Encodable {
    let plan: String
    let id: String
    let node: Int
    let known_by: String
    let label: String?

    init(plan: String, assignment: RequestAssignment) {
        self.plan = plan
        id = assignment.request
        node = assignment.node
        known_by = assignment.basis.rawValue
        label = assignment.label
    }
}
