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
    let folds: RequestFolds
    /// What the search of every layer makes small. The worth of balance is a price that rises and falls from turn to
    /// turn until the layers together keep the limit.
    private(set) var cost: SearchCost
    /// Mean imbalance of the layers that fewest bytes may cost; infinite where there is no limit.
    public private(set) var limit: Double
    private let peer: BalancePeer?
    /// The peer's imbalance by the measure of `limit`; 0 without a peer.
    public let peerImbalance: Double
    /// Whether the search measures how far balance slips on unseen requests.
    private var rehearses = true
    private var homes: [Int]?
    private var model: GroupingModel?
    private let eplb: [LayerState]
    /// The last turn's.
    private var states: [LayerState]
    /// With EPLB's devices as they are; each turn takes these or others, layer by layer.
    private var free: [LayerState] = []
    private var whole: [LayerState]?
    /// By how much more the balance of devices that are not EPLB's slips on unseen requests.
    public private(set) var slip = 1.0
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
        let folds = RequestFolds(
            training, seed: demand.seed &+ 17,
            whole: demand.objective == .balance ? RequestFolds.wholeOfBalance : 0)
        self.room = room
        self.folds = folds
        eplb = Parallel.map(training.shape.blocks.indices, threads: demand.threads) { layer in
            let use: TrainingSet.SampleUse = demand.objective == .balance ? .none : .merged
            let problem = training.problem(layer: layer, room: room, homes: nil, folds: folds, use: use)
            let devices = EPLBPlan.devices(training.loads(layer: layer), room)
            return LayerState(problem, cells: .devices(room), held: devices)
        }
        cost = Self.cost(demand)
        peer = try BalancePeer(training, room, demand)
        peerImbalance =
            peer.map {
                training.imbalance(of: $0.layers, groups: $0.groups, room: room, folds: folds, demand: demand)
            } ?? 0
        limit = Self.limit(demand, peer: peerImbalance, training, eplb, folds)
        states = eplb
        if peer != nil { slip = Rehearsal.usualSlip }
        if peer != nil, demand.balanceLimit == .eplb, !demand.survivesNodeLoss { whole = eplb }
        if demand.survivesNodeLoss {
            states = eplb.map { state in
                let held = InitialCells(problem: state.problem, survivesNodeLoss: true).byAffinity()
                return LayerState(state.problem, cells: .nodes(room), held: held)
            }
            guard states.allSatisfy(\.survivesNodeLoss) else {
                throw PlacementError(item: "survive-node-loss", reason: "no placement was found for these copies")
            }
        }
        bestStates = states
        keepIfBest()
    }

    static func cost(_ demand: PlacementDemand) -> SearchCost {
        switch demand.objective {
        case .bytes: SearchCost(bytes: 1, imbalance: demand.balanceLimit == .none ? 0 : 5)
        case .balance: SearchCost(bytes: 0, imbalance: 1)
        case .time(let visit, let imbalance): SearchCost(bytes: visit, imbalance: imbalance)
        }
    }

    private static func limit(
        _ demand: PlacementDemand, peer: Double, _ training: TrainingSet, _ eplb: [LayerState], _ folds: RequestFolds
    ) -> Double {
        guard demand.objective == .bytes else { return .infinity }
        switch demand.balanceLimit {
        case .eplb, .published: return peer > 0 ? peer : .infinity
        case .ratio(let ratio):
            // Meant is the ratio of all requests together; the folds' is higher, as EPLB's is.
            let (layers, room) = (eplb.map { $0.layout() }, eplb[0].problem.room)
            let imbalance = { training.imbalance(of: layers, groups: nil, room: room, folds: $0, demand: demand) }
            return ratio * imbalance(folds) / imbalance(RequestFolds(all: training))
        case .none: return .infinity
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
        if turns == 1, rehearses, peer != nil { rehearse(expired: expired) }
        if limit.isFinite { reprice() }
    }

    /// From now on nothing keeps EPLB's devices, `slip` is not measured, and fewer steps do: this is a rehearsal.
    mutating func becomeRehearsal() {
        (rehearses, whole, slip) = (false, nil, 1)
        tuning.steps /= 2
    }

    /// Measures how far balance slips from these requests to others.
    private mutating func rehearse(expired: @escaping @Sendable () -> Bool) {
        guard let slip = Rehearsal(training: training, demand: demand).slip(expired: expired) else { return }
        self.slip = slip
        bestCost = merit(bestStates)
    }

    /// Imbalance after the last turn, mean of the layers, as `limit` bounds it.
    package var lastImbalance: Double { imbalance(states) }

    /// Imbalance of the last turn's placement and of the peer's on other requests.
    func balance(on others: TrainingSet) -> (ours: Double, peers: Double)? {
        guard let peer else { return nil }
        let folds = RequestFolds(all: others)
        return (
            others.imbalance(of: states.map { $0.layout() }, groups: model, room: room, folds: folds, demand: demand),
            others.imbalance(of: peer.layers, groups: peer.groups, room: room, folds: folds, demand: demand)
        )
    }

    /// Balance gets dearer where the layers together exceed the limit, cheaper where they have room.
    private mutating func reprice() {
        let excess = lastImbalance / limit - 1
        let factor = excess > 0 ? min(3, 1 + excess * 200) : max(0.7, 1 + excess * 20)
        cost.imbalance = min(100, max(1e-3, cost.imbalance * factor))
    }

    private mutating func place(expired: @escaping @Sendable () -> Bool) {
        let first = demand.groups ? turns % Self.turnsOfAStart == 0 : turns == 0
        let job = LayerJob(
            training: training, demand: demand, room: room, homes: homes,
            // Other folds than those that judge the turn, so that these tell whether balance came by chance.
            folds: demand.objective == .balance
                ? folds : RequestFolds(training, seed: demand.seed &+ 18 &+ UInt64(turns)),
            trusted: trusted(), cost: cost, steps: tuning.steps, temperature: first ? tuning.hot : tuning.warm,
            isFirst: first,
            seed: demand.seed &+ UInt64(turns) &* 1_000_003)
        let (old, oldWhole) = (states, whole)
        let found = Parallel.map(old.indices, threads: demand.threads) { layer in
            let free = job.place(layer, from: old[layer], expired: expired)
            return (free, oldWhole.map { job.placeWhole(layer, from: $0[layer], expired: expired) })
        }
        if whole != nil { whole = found.compactMap(\.1) }
        free = found.map(\.0)
        states = cheaper(free, whole)
    }

    private func cheaper(_ free: [LayerState], _ whole: [LayerState]?) -> [LayerState] {
        free.indices.map { layer in
            guard let whole, cost(whole[layer]) < cost(free[layer]) else { return free[layer] }
            return whole[layer]
        }
    }

    private func trusted() -> [TrustedDevices]? {
        guard peer != nil else { return nil }
        return eplb.map { TrustedDevices($0.layout(), experts: training.shape.expertCount, slip: slip) }
    }

    /// All layers are kept or none; each by itself where nothing binds them together.
    private mutating func keepIfBest() {
        if !demand.groups, limit == .infinity {
            for layer in states.indices { keepIfBest(layer) }
        } else if merit(states) < bestCost {
            bestCost = merit(states)
            bestStates = states
            bestModel = model
        }
        bestVisits = bestStates.reduce(0) { $0 + $1.bytes }
    }

    private mutating func keepIfBest(_ layer: Int) {
        let (new, old) = (states[layer], bestStates[layer])
        guard cost(new) < cost(old) - gate(layer) else { return }
        // What is better on average must not be worse where copies share evenly, nor where homes come first.
        if demand.objective == .balance, new.isWorseBalanced(than: old) { return }
        bestStates[layer] = new
    }

    /// What makes one set of layers better than another, lower is better. A hundredth above the limit is worth a tenth
    /// of the visits.
    private func merit(_ states: [LayerState]) -> Double {
        guard limit.isFinite else { return states.reduce(0) { $0 + Self.cost(demand)($1) } }
        return states.reduce(0) { $0 + $1.bytes } * (1 + 10 * max(0, imbalance(states) / limit - 1))
    }

    private func imbalance(_ states: [LayerState]) -> Double {
        states.reduce(0) { $0 + $1.imbalance } / Double(max(1, states.count))
    }

    /// EPLB's layout is given up for balance only where that gains a hundredth, or less but far more than the gain
    /// varies from fold to fold: else it may be chance.
    private func gate(_ layer: Int) -> Double {
        guard demand.objective == .balance, bestStates[layer].cells.devices == 1 else { return 0 }
        let gains = (bestStates[layer].imbalances - states[layer].imbalances).highHalf
        let deviations = gains - gains.sum() / Float(gains.scalarCount)
        let deviation = (deviations * deviations).sum() / Float(gains.scalarCount)
        return min(0.01 * eplb[layer].imbalance, 2 * Double(deviation.squareRoot()))
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
        states = cheaper(judged(free), whole.map(judged))
    }

    /// The same placements with the homes of now, and by other folds than those they were made for.
    private func judged(_ old: [LayerState]) -> [LayerState] {
        let (training, homes, room, folds, trusted) = (training, homes, room, folds, trusted())
        return Parallel.map(old.indices, threads: demand.threads) { layer in
            var problem = training.problem(layer: layer, room: room, homes: homes, folds: folds)
            problem.trusted = trusted?[layer]
            return LayerState(problem, cells: old[layer].cells, held: old[layer].held.map { $0.map(Int.init) })
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
