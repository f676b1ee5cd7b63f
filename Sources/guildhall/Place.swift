import Activations
import ArgumentParser
import Foundation
import Placement
import Synchronization

struct Place: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Group requests and place experts by a trace.",
        discussion: """
            Writes a plan: which experts each device holds, layer by layer, and which node serves which requests. Without \
            --seconds it makes a fixed number of turns, the same plan for the same seed; with it, it improves until the \
            time is over. Ctrl-C ends it early with the best plan so far. docs/placement.md explains plan and method.
            """)

    @Option(help: "Folder of a trace, or with --objective balance counts (counts.json).") var trace: String
    @Option(help: "Topology: a built-in name (see guildhall topology) or a YAML file.") var topology: String
    @Option(help: "Nodes, instead of the topology's.") var nodes: Int?
    @Option(help: "Devices of a node, instead of the topology's.") var devicesPerNode: Int?
    @Option(help: "Copies of experts in a layer beyond one of each; those of --from, else none, if left out.")
    var redundant: Int?
    @Option(help: "What to make small: bytes (at EPLB's balance), time or balance.") var objective = ObjectiveName.bytes
    @Option(
        help: """
            Largest over mean device load, mean of the layers, that fewest bytes may cost: eplb, published (that of the \
            published grouping), none or a number.
            """)
    var maxImbalance = "eplb"
    @Flag(inversion: .prefixedNo, help: "Group requests by what they use, or spread them over the nodes.")
    var group = true
    @Option(help: "Plan to start from; its groups stay.") var from: String?
    @Option(help: "With --from: copies of weights that may be moved.") var moves = 64
    @Flag(help: "Put every expert on two nodes at least.") var surviveNodeLoss = false
    @Option(help: "Improve for so long.") var seconds: Double?
    @Option(help: "Turns of the search where --seconds is not given.") var turns = 8
    @Option(help: "Seed of everything random.") var seed: UInt64 = 1
    @Option(help: "Threads.") var threads = 2
    @Option(help: "File with ids of requests to leave out, one a line: those to judge the plan by.") var exclude:
        String?
    @OptionGroup var model: PlacementModelOptions
    @Option(name: .shortAndLong, help: "Plan file to write.") var output: String

    enum ObjectiveName: String, ExpressibleByArgument, CaseIterable { case bytes, time, balance }

    /// All load on one of the most devices there can be.
    private static let mostImbalance = 65_536.0

    func validate() throws {
        guard turns >= 1, moves >= 0, threads >= 1, redundant.map({ $0 >= 0 }) ?? true else {
            throw ValidationError("--turns and --threads must be above 0, --moves and --redundant 0 or more.")
        }
        guard seconds.map({ $0 > 0 && $0 <= SearchTime.longest }) ?? true else {
            throw ValidationError("--seconds must be above 0 and at most \(Int(SearchTime.longest)), a year.")
        }
        let named = ["eplb", "published", "none"].contains(maxImbalance)
        guard named || Double(maxImbalance).map({ (1...Self.mostImbalance).contains($0) }) ?? false else {
            throw ValidationError("--max-imbalance must be eplb, published, none or a number from 1 to 65536.")
        }
    }

    func run() throws {
        try checkFolder(of: output)
        Interruption.listen()
        let source = try PlacementSource(trace: trace, exclude: exclude)
        if let counts = source.counts, objective != .balance {
            throw CommandError(
                "\(trace): has counts of \(counts.blocks.count) layers and no tokens, so it is not known which experts are chosen "
                    + "together: plan for --objective balance, or record a trace")
        }
        let training = try source.training()
        let machines = try machines()
        let old = try from.map(readPlan)
        let demand = try demand(machines, shape: training.shape, old)
        let known = try model.known(machines, training.shape)
        try known?.checkMemory(
            copies: training.shape.expertCount + demand.redundant, layers: training.shape.layerCount)
        let plan = try plan(training, demand, from: old, until: searchTime)
        try writeFile(plan.json(), to: output)
        warn(plan, old, known)
        if let counts = source.counts {
            let report = CountsReport(counts: counts, training: training, demand: demand)
            return Terminal.out(try report.text(ours: plan, old: old))
        }
        let report = PlacementReport(
            source: source, training: training, demand: demand, cost: try model.cost(machines, training.shape),
            batch: model.batch)
        // Who gave the search little time does not wait for what it is compared with.
        Terminal.out(try report.text(ours: plan, old: old, until: searchTime))
    }

    /// From now on; a trace may take longer to read than the search may.
    private var searchTime: SearchTime {
        let isInterrupted: @Sendable () -> Bool = { Interruption.happened }
        return seconds.map { SearchTime(seconds: $0, isInterrupted: isInterrupted) }
            ?? SearchTime(isInterrupted: isInterrupted)
    }

    private func plan(
        _ training: TrainingSet, _ demand: PlacementDemand, from old: PlacementPlan?, until time: SearchTime
    ) throws -> PlacementPlan {
        defer { Terminal.endProgress() }
        if let old {
            return try PlacementSearch.improve(
                old, moves: moves, training, demand, keepsCopies: redundant == nil, until: time)
        }
        return try LimitLadder.plan(training, demand, turns: turns, until: time) { show($0) }
    }

    private func show(_ search: PlacementSearch) {
        let visits = String(
            format: ": %.3f visits a token and layer",
            search.bestVisits / Double(max(1, search.training.shape.layerCount)))
        Terminal.progress("turn \(search.turns)" + (objective == .balance ? "" : visits))
    }

    /// Says what of a plan is not as it may be taken to be.
    private func warn(_ plan: PlacementPlan, _ old: PlacementPlan?, _ known: CostModel?) {
        if let old, old.survivesNodeLoss, !plan.survivesNodeLoss {
            Terminal.error(
                "warning: every expert was on two nodes, with so few copies it is not: the plan does not survive the loss "
                    + "of a node\n")
        }
        if let memory = known?.memoryWarning(plan) { Terminal.error("warning: \(memory)\n") }
    }

    private func machines() throws -> Topology {
        let machines = try MachineCatalog.topology(topology) ?? topologyFile(topology)
        let (nodes, devices) = (nodes ?? machines.nodes, devicesPerNode ?? machines.devicesPerNode)
        guard nodes >= 1, devices >= 1, nodes <= Topology.deviceLimit, devices <= Topology.deviceLimit / nodes else {
            throw PlacementError(
                item: "nodes, devices-per-node", reason: "must be 1 to \(Topology.deviceLimit) devices")
        }
        return machines.resized(nodes: nodes, devicesPerNode: devices)
    }

    private func demand(_ machines: Topology, shape: TraceShape, _ old: PlacementPlan?) throws -> PlacementDemand {
        var demand = PlacementDemand(
            nodes: machines.nodes, devicesPerNode: machines.devicesPerNode,
            redundant: redundant ?? old?.redundant ?? 0, slotsPerDevice: machines.device.slots)
        demand.groups = group && objective != .balance
        demand.survivesNodeLoss = surviveNodeLoss
        demand.seed = seed
        demand.threads = threads
        demand.balanceLimit =
            switch maxImbalance {
            case "eplb": .eplb
            case "published": .published
            case "none": .none
            default: .ratio(Double(maxImbalance) ?? 1)
            }
        switch objective {
        case .bytes: demand.objective = .bytes
        case .balance: demand.objective = .balance
        case .time: demand.objective = try model.cost(machines, shape).timeObjective(tokensPerDevice: model.batch)
        }
        return demand
    }
}

/// Whether Ctrl-C was pressed.
enum Interruption {
    private static let flag = Atomic(false)

    static var happened: Bool { flag.load(ordering: .relaxed) }

    /// From now on the first Ctrl-C is noted; a second one ends the program.
    static func listen() {
        signal(SIGINT) { _ in
            Interruption.note()
            signal(SIGINT, SIG_DFL)
        }
    }

    private static func note() { flag.store(true, ordering: .relaxed) }
}
