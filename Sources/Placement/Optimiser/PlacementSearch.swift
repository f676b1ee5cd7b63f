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
    /// What the search of every layer makes small, but for what a layer is allowed.
    private let cost: SearchCost
    /// The limit, layer by layer: what each may have of imbalance at no cost. Empty where there is no limit.
    private let allowed: [Double]
    /// Added to that, so that the layers together use the limit where some do not use theirs.
    private var leeway = 0.0
    /// Mean imbalance of the layers that fewest bytes may cost; infinite where there is no limit.
    public let limit: Double
    let peer: BalancePeer?
    /// The peer's imbalance by the measure of `limit`; 0 without a peer.
    public let peerImbalance: Double
    /// Whether the search measures how far balance slips on unseen requests.
    private var rehearses = true
    var homes: [Int]?
    var model: GroupingModel?
    private let eplb: [LayerState]
    /// The last turn's.
    var states: [LayerState]
    /// With EPLB's devices as they are; each turn takes these or others, layer by layer.
    var free: [LayerState] = []
    var whole: [LayerState]?
    /// By how much more the balance of devices that are not EPLB's slips on unseen requests.
    public private(set) var slip = 1.0
    var bestStates: [LayerState]
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
        let folds = RequestFolds(training, seed: demand.seed &+ 17)
        self.room = room
        self.folds = folds
        eplb = Parallel.map(training.shape.blocks.indices, threads: demand.threads) { layer in
            let use: TrainingSet.SampleUse = demand.objective == .balance ? .none : .merged
            let problem = training.problem(layer: layer, room: room, homes: nil, folds: folds, use: use)
            let devices = EPLBPlan.devices(training.loads(layer: layer), room)
            return LayerState(problem, cells: .devices(room), held: devices)
        }
        peer = try BalancePeer(training, room, demand)
        let peers =
            peer.map {
                training.imbalances(of: $0.layers, groups: $0.groups, room: room, folds: folds, demand: demand)
            } ?? []
        peerImbalance = peers.mean
        allowed = Self.limits(demand, peers: peers, training, eplb, folds)
        limit = allowed.isEmpty ? .infinity : allowed.mean
        cost = allowed.isEmpty ? Self.cost(demand) : SearchCost(bytes: 1, imbalance: Self.overloadPrice)
        states = eplb
        if peer != nil { slip = Rehearsal.usualSlip }
        if Self.keepsDevices(demand, hasPeer: peer != nil) { whole = eplb }
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
        startFromPeer()
        keepIfBest()
    }

    static func cost(_ demand: PlacementDemand) -> SearchCost {
        switch demand.objective {
        case .bytes: SearchCost(bytes: 1, imbalance: demand.balanceLimit == .none ? 0 : 2)
        case .balance: SearchCost(bytes: 0, imbalance: 1)
        case .time(let visit, let imbalance): SearchCost(bytes: visit, imbalance: imbalance)
        }
    }

    /// Visits that 1 more in imbalance is worth beyond the limit: so many that a search stays below it.
    private static let overloadPrice = 20.0

    private static func limits(
        _ demand: PlacementDemand, peers: [Double], _ training: TrainingSet, _ eplb: [LayerState], _ folds: RequestFolds
    ) -> [Double] {
        guard demand.objective == .bytes, case .ratio(let ratio) = demand.balanceLimit else { return peers }
        // Meant is the ratio of all requests together; the folds' is higher, as EPLB's is, and layers differ as EPLB's do.
        let (layers, room) = (eplb.map { $0.layout() }, eplb[0].problem.room)
        let imbalances = { training.imbalances(of: layers, groups: nil, room: room, folds: $0, demand: demand) }
        let whole = imbalances(RequestFolds(all: training)).mean
        return imbalances(folds).map { ratio * $0 / whole }
    }

    /// Whether EPLB's devices, as they are, may be what is sought.
    private static func keepsDevices(_ demand: PlacementDemand, hasPeer: Bool) -> Bool {
        guard !demand.survivesNodeLoss else { return false }
        if case .time = demand.objective { return demand.groups }
        return hasPeer && demand.balanceLimit == .eplb
    }

    /// What the search of a layer makes small.
    private func cost(_ layer: Int) -> SearchCost {
        var cost = cost
        if !allowed.isEmpty { cost.allowed = allowed[layer] + leeway }
        return cost
    }

    /// After so many turns the search starts again from other clusters: turns change homes and placement little by
    /// little, and so come to rest near where they started.
    static let turnsOfAStart = 8

    /// Whether this turn begins with other clusters; the first does not where there are homes already.
    private var isStart: Bool { turns % Self.turnsOfAStart == 0 && (turns > 0 || homes == nil) }

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
        if demand.groups, isStart { homes = clusters() }
        place(expired: expired)
        if demand.groups { regroup() }
        turns += 1
        keepIfBest()
        if turns == 1, rehearses, peer != nil { rehearse(expired: expired) }
        if limit.isFinite { giveLeeway() }
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
            others.imbalances(of: states.map { $0.layout() }, groups: model, room: room, folds: folds, demand: demand)
                .mean,
            others.imbalances(of: peer.layers, groups: peer.groups, room: room, folds: folds, demand: demand).mean
        )
    }

    /// Layers that need less than they are allowed leave it to others, until the layers together have what the limit is.
    private mutating func giveLeeway() {
        leeway = min(max(leeway + limit - lastImbalance, -0.1 * limit), 0.5 * limit)
    }

    private mutating func place(expired: @escaping @Sendable () -> Bool) {
        let first = demand.groups ? isStart : turns == 0
        let job = LayerJob(
            training: training, demand: demand, room: room, homes: homes,
            // Other folds than those that judge the turn, so that these tell whether balance came by chance.
            folds: demand.objective == .balance
                ? folds : RequestFolds(training, seed: demand.seed &+ 18 &+ UInt64(turns)),
            trusted: trusted(), costs: states.indices.map(cost), steps: tuning.steps,
            temperature: first ? tuning.hot : tuning.warm,
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

    func cheaper(_ free: [LayerState], _ whole: [LayerState]?) -> [LayerState] {
        free.indices.map { layer in
            guard let whole, cost(layer)(whole[layer]) < cost(layer)(free[layer]) else { return free[layer] }
            return whole[layer]
        }
    }

    func trusted() -> [TrustedDevices]? {
        peer?.layers.map { TrustedDevices($0, experts: training.shape.expertCount, slip: slip) }
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

    /// What makes one set of layers better than another, lower is better. A hundredth above the limit is worth a
    /// third of the visits.
    private func merit(_ states: [LayerState]) -> Double {
        guard limit.isFinite else { return states.reduce(0) { $0 + Self.cost(demand)($1) } }
        return states.reduce(0) { $0 + $1.bytes } * (1 + 30 * max(0, imbalance(states) / limit - 1))
    }

    private func imbalance(_ states: [LayerState]) -> Double {
        states.map(\.imbalance).mean
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
}

extension [Double] {
    /// 0 of none.
    fileprivate var mean: Double { reduce(0, +) / Double(Swift.max(1, count)) }
}
