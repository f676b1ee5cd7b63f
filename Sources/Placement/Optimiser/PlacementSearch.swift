import Activations
import Foundation
import Synchronization

/// Looks for a plan by turns: with homes fixed every layer is placed by itself, then with the placement fixed requests
/// get new homes.
///
/// `improve` makes one turn; `best` is the best plan so far at any time. The same seed and turns give the same plan.
public struct PlacementSearch: Sendable {
    public let training: TrainingSet
    public let demand: PlacementDemand
    /// Visits per token summed over layers, of the best plan on the training requests.
    public private(set) var bestVisits = Double.infinity
    /// Turns made.
    public private(set) var turns = 0
    public var tuning = Tuning()
    let room: LayerProblem.Room
    let folds: [FoldLoads]
    /// What the search of every layer makes small. The worth of balance is a price that rises and falls from turn to
    /// turn until the layers together keep the limit.
    private(set) var cost: SearchCost
    let limit: Double
    private var homes: [Int]?
    private var model: GroupingModel?
    private let eplb: [LayerState]
    private var states: [LayerState]
    private var bestStates: [LayerState]
    private var bestModel: GroupingModel?
    private var bestCost = Double.infinity

    public struct Tuning: Sendable {
        public var steps = 2000
        public var hot = 0.01
        public var warm = 0.003
    }

    /// - Throws: where the demand cannot be met by any plan or the training set is empty.
    public init(_ training: TrainingSet, _ demand: PlacementDemand) throws(PlacementError) {
        guard !training.requests.isEmpty else { throw PlacementError(reason: "the trace has no requests") }
        self.training = training
        self.demand = demand
        let room = try demand.room(experts: training.shape.expertCount)
        let folds = training.folds(
            seed: demand.seed &+ 17, whole: demand.objective == .balance ? TrainingSet.wholeFolds : 0)
        self.room = room
        self.folds = folds
        eplb = Parallel.map(training.shape.blocks.indices, threads: demand.threads) { layer in
            let use: TrainingSet.SampleUse = demand.objective == .balance ? .none : .merged
            let problem = training.problem(layer: layer, room: room, homes: nil, folds: folds, use: use)
            let devices = EPLBPlan.devices(training.loads(layer: layer), room)
            return LayerState(problem, cells: .devices(room), held: devices)
        }
        cost = Self.cost(demand)
        limit = Self.limit(demand, eplb: eplb)
        states = eplb
        bestStates = eplb
        if demand.survivesNodeLoss {
            states = eplb.map { state in
                let held = InitialCells(problem: state.problem, survivesNodeLoss: true).byAffinity()
                return LayerState(state.problem, cells: .nodes(room), held: held)
            }
            guard states.allSatisfy(\.survivesNodeLoss) else {
                throw PlacementError(item: "survive-node-loss", reason: "no placement was found for these copies")
            }
            bestStates = states
        }
        keepIfBest()
    }

    static func cost(_ demand: PlacementDemand) -> SearchCost {
        switch demand.objective {
        case .bytes: SearchCost(bytes: 1, imbalance: demand.balanceLimit == .none ? 0 : 1)
        case .balance: SearchCost(bytes: 0, imbalance: 1)
        case .time(let visit, let imbalance): SearchCost(bytes: visit, imbalance: imbalance)
        }
    }

    /// What the mean imbalance of the layers must not exceed.
    private static func limit(_ demand: PlacementDemand, eplb: [LayerState]) -> Double {
        guard demand.objective == .bytes else { return .infinity }
        return switch demand.balanceLimit {
        // What is just as good on the training requests would be worse on others half of the time.
        case .eplb: eplb.reduce(0) { $0 + $1.imbalance } / Double(eplb.count) * 0.98
        case .ratio(let ratio): ratio
        case .none: .infinity
        }
    }

    /// After so many turns the search starts again from other clusters: turns change homes and placement little by
    /// little, and so come to rest near where they started.
    static let turnsOfAStart = 8

    /// The best plan so far.
    public func best() throws(PlacementError) -> PlacementPlan {
        try PlacementPlan(
            nodes: room.nodes, devicesPerNode: room.devicesPerNode,
            layers: zip(training.shape.blocks, bestStates).map { ExpertLayout(block: $0, devices: $1.layout()) },
            groups: bestModel)
    }

    /// One turn: places every layer for the homes there are, then fits homes to the placement. Where `expired` says
    /// so, it ends early and keeps what is better.
    public mutating func improve(expired: @escaping @Sendable () -> Bool) {
        if demand.groups, turns % Self.turnsOfAStart == 0 { homes = clusters() }
        place(expired: expired)
        if demand.groups { regroup() }
        turns += 1
        keepIfBest()
        if limit.isFinite { reprice() }
    }

    /// Balance gets dearer where the layers together exceed the limit, cheaper where they have room.
    private mutating func reprice() {
        let excess = imbalance(states) / limit - 1
        let factor = excess > 0 ? min(3, 1 + excess * 100) : max(0.6, 1 + excess * 20)
        cost.imbalance = min(20, max(1e-3, cost.imbalance * factor))
    }

    private mutating func place(expired: @escaping @Sendable () -> Bool) {
        let balance = demand.objective == .balance
        let first = demand.groups ? turns % Self.turnsOfAStart == 0 : turns == 0
        let seed = demand.seed &+ UInt64(turns) &* 1_000_003
        let (training, homes, room, folds, cost) = (training, homes, room, folds, cost)
        let (old, demand, tuning) = (states, demand, tuning)
        states = Parallel.map(states.indices, threads: demand.threads) { layer in
            let problem = training.problem(
                layer: layer, room: room, homes: homes, folds: folds, use: balance ? .none : .merged)
            let held =
                first && (!balance || demand.survivesNodeLoss)
                ? InitialCells(problem: problem, survivesNodeLoss: demand.survivesNodeLoss).byAffinity()
                : old[layer].heldByNode()
            var search = LayerSearch(
                LayerState(problem, cells: .nodes(room), held: held), cost: cost, spread: demand.survivesNodeLoss,
                seed: seed &+ UInt64(layer) &* 7919)
            search.run(steps: tuning.steps, temperature: first ? tuning.hot : tuning.warm, expired: expired)
            return search.best
        }
    }

    /// With homes that change, all layers are kept or none; else each by itself.
    private mutating func keepIfBest() {
        if !demand.groups {
            for layer in states.indices where cost(states, layer) < cost(bestStates, layer) - gate(layer) {
                // What is better on average must not be worse where copies share evenly, nor where homes come first.
                if demand.objective == .balance, states[layer].isWorseBalanced(than: bestStates[layer]) { continue }
                bestStates[layer] = states[layer]
            }
            bestVisits = bestStates.reduce(0) { $0 + $1.bytes }
            return
        }
        let total = merit(states)
        guard total < bestCost else { return }
        bestCost = total
        bestStates = states
        bestModel = model
        bestVisits = states.reduce(0) { $0 + $1.bytes }
    }

    /// What makes one set of layers better than another, lower is better.
    private func merit(_ states: [LayerState]) -> Double {
        let fixed = Self.cost(demand)
        return states.reduce(0) { $0 + fixed(bytes: $1.bytes, imbalance: limit.isFinite ? 0 : $1.imbalance) }
            + (limit.isFinite ? 20 * Double(states.count) * max(0, imbalance(states) - limit) : 0)
    }

    private func imbalance(_ states: [LayerState]) -> Double {
        states.reduce(0) { $0 + $1.imbalance } / Double(max(1, states.count))
    }

    private func cost(_ states: [LayerState], _ layer: Int) -> Double {
        cost(bytes: states[layer].bytes, imbalance: states[layer].imbalance)
    }

    /// EPLB's layout is given up for balance only where that gains a hundredth: less may be chance.
    private func gate(_ layer: Int) -> Double {
        demand.objective == .balance && bestStates[layer].cells.devices == 1 ? 0.01 * eplb[layer].imbalance : 0
    }

    /// First homes, before anything is placed: clusters of requests that use the same experts.
    private func clusters() -> [Int] {
        let share = (training.requests.count + room.nodes - 1) / room.nodes
        return SphericalClusters.best(
            of: 4, prompted ? training.vectors() : training.labelVectors(),
            width: training.shape.layerCount * training.shape.expertCount, clusters: room.nodes,
            capacity: share + Int(Double(share) * demand.band), seed: demand.seed &+ UInt64(turns)
        ).cluster
    }

    private var prompted: Bool { training.requests.contains { !$0.prompt.isEmpty } }

    /// Homes by what the placement makes of each, and the states' costs with them.
    private mutating func regroup() {
        let trainer = GroupingTrainer(training: training, nodes: room.nodes, band: demand.band)
        let costs = homeCosts()
        let fitted = trainer.fit(costs: costs.visits, savings: prompted ? signatures(costs.savings) : nil)
        model = fitted
        let homes = trainer.homes(fitted, seed: demand.seed &+ UInt64(turns) &* 31)
        self.homes = homes
        let (training, old, room, folds) = (training, states, room, folds)
        states = Parallel.map(states.indices, threads: demand.threads) { layer in
            let problem = training.problem(layer: layer, room: room, homes: homes, folds: folds)
            return LayerState(problem, cells: .nodes(room), held: old[layer].heldByNode())
        }
    }

    /// Visits per token and layer for every request and home.
    private func homeCosts() -> HomeCosts {
        let (training, states, room, folds) = (training, states, room, folds)
        let count = training.requests.count
        let parts = Parallel.map(states.indices, threads: demand.threads) { layer in
            let problem = training.problem(layer: layer, room: room, homes: nil, folds: folds, use: .single)
            var state = LayerState(problem, cells: .nodes(room), held: states[layer].heldByNode())
            return state.homeCosts(requests: training.sampleRequest, count: count)
        }
        var sum = HomeCosts(visits: [Double](repeating: 0, count: count * room.nodes), savings: [])
        for part in parts {
            for index in part.visits.indices { sum.visits[index] += part.visits[index] }
            sum.savings += part.savings
        }
        for index in sum.visits.indices {
            let sampled = training.requests[index / room.nodes].sampled.count * states.count
            sum.visits[index] /= Double(max(1, sampled))
        }
        return sum
    }

    /// From `[layers][nodes * experts]` to `[nodes][layers * experts]`.
    private func signatures(_ savings: [[Float]]) -> [[Float]] {
        let experts = training.shape.expertCount
        return (0..<room.nodes).map { node in
            savings.flatMap { $0[node * experts..<(node + 1) * experts].map { ($0 * 1e4).rounded() / 1e4 } }
        }
    }
}
