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
    public internal(set) var bestVisits = Double.infinity
    /// Turns made.
    public internal(set) var turns = 0
    public var tuning = Tuning()
    let room: LayerProblem.Room
    let folds: RequestFolds
    /// EPLB's devices, layer by layer.
    let devices: [[[Int]]]
    /// Nil until there was time for it; nothing is searched before.
    private(set) var ground: SearchGround?
    /// Added to what layers are allowed, so that together they use the limit where some do not use theirs.
    private var leeway = Imbalance.zero
    var homes: [Int]?
    var model: GroupingModel?
    /// The last turn's.
    var states: [LayerState] = []
    /// What the last turn found with any devices.
    var free: [LayerState] = []
    /// What it found for each layer with EPLB's devices as they are, none where these are not sought.
    var kept: [[LayerState]]
    /// Imbalance of the cheapest of both, as `limit` bounds it.
    var reached = Imbalance.zero
    var bestLayouts: [[[Int]]]
    var bestStates: [LayerState] = []
    var bestModel: GroupingModel?
    var bestCost = Double.infinity
    /// What a turn took beside placing, and all of it.
    var took = (homes: Duration.zero, all: Duration.zero)

    public struct Tuning: Sendable {
        public var steps = 2000
        public var hot = 0.01
        public var warm = 0.003
    }

    /// - Parameter time: `best` is EPLB's plan at once; what else a search begins with is prepared while there is time,
    ///   the rest by `improve`.
    /// - Throws: where the demand cannot be met by any plan or the training set is empty.
    public init(
        _ training: TrainingSet, _ demand: PlacementDemand, until time: SearchTime = .unlimited
    ) throws(PlacementError) {
        guard !training.requests.isEmpty else { throw PlacementError(reason: "the trace has no requests") }
        let room = try demand.room(experts: training.shape.expertCount)
        let devices = Parallel.map(training.shape.blocks.indices, threads: demand.threads) { layer in
            EPLBPlan.devices(training.loads(layer: layer), room)
        }
        try self.init(training, demand, room, devices, until: time)
    }

    /// - Parameter start: a plan for as many copies that may be better than EPLB's.
    init(
        _ training: TrainingSet, _ demand: PlacementDemand, _ room: LayerProblem.Room, _ devices: [[[Int]]],
        start: PlacementPlan? = nil, until time: SearchTime
    ) throws(PlacementError) {
        self.training = training
        self.demand = demand
        self.room = room
        self.devices = devices
        folds = RequestFolds(training, seed: demand.seed &+ 17)
        bestLayouts = start?.layers.map(\.devices) ?? devices
        bestModel = start?.groups
        kept = devices.map { _ in [] }
        if demand.survivesNodeLoss, start == nil {
            states = try survivors()
            bestLayouts = states.map { $0.layout() }
        }
        try prepare(start, until: time)
    }

    /// Copies of every expert on two nodes.
    private func survivors() throws(PlacementError) -> [LayerState] {
        let (training, room, folds) = (training, room, folds)
        let states = Parallel.map(devices.indices, threads: demand.threads) { layer in
            let problem = training.problem(layer: layer, room: room, homes: nil, folds: folds)
            let held = InitialCells(problem: problem, survivesNodeLoss: true).byAffinity()
            return LayerState(problem, cells: .nodes(room), held: held)
        }
        guard states.allSatisfy(\.survivesNodeLoss) else {
            throw PlacementError(item: "survive-node-loss", reason: "no placement was found for these copies")
        }
        return states
    }

    /// What the search starts from, if there is time for it.
    private mutating func prepare(_ start: PlacementPlan?, until time: SearchTime) throws(PlacementError) {
        guard !time.isOver,
            let ground = try SearchGround(training, demand, room, devices: devices, folds: folds, until: time)
        else { return }
        self.ground = ground
        if !demand.survivesNodeLoss { states = ground.eplb }
        let begins = !states.isEmpty
        if Self.keepsDevices(demand, hasPeer: ground.peer != nil) { kept = ground.eplb.map { [$0, $0] } }
        if begins {
            bestStates = states
            keepIfBest()
        }
        if let start {
            carryOn(start)
            if !begins { bestStates = states }
            keepIfBest()
        } else if startFromPeer() {
            keepIfBest()
        }
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

    /// Whether EPLB's devices, as they are, may be what is sought.
    private static func keepsDevices(_ demand: PlacementDemand, hasPeer: Bool) -> Bool {
        guard !demand.survivesNodeLoss else { return false }
        if case .time = demand.objective { return demand.groups }
        return hasPeer && demand.balanceLimit == .eplb
    }

    var limit: Imbalance? { ground?.limit }
    var peer: BalancePeer? { ground?.peer }

    /// What the search of a layer makes small, with what the layer is allowed.
    func cost(_ layer: Int) -> SearchCost {
        guard let allowed = ground?.allowed, !allowed.isEmpty else { return Self.cost(demand) }
        return SearchCost(bytes: 1, imbalance: Self.overloadPrice, allowed: allowed[layer] + leeway)
    }

    /// After so many turns the search starts again from other clusters: turns change homes and placement little by
    /// little, and so come to rest near where they started.
    static let turnsOfAStart = 8

    /// Whether this turn begins with other clusters; the first does not where there are homes already.
    var isStart: Bool { turns % Self.turnsOfAStart == 0 && (turns > 0 || homes == nil) }

    /// The best plan so far.
    public func best() throws(PlacementError) -> PlacementPlan {
        try PlacementPlan(
            nodes: room.nodes, devicesPerNode: room.devicesPerNode,
            layers: zip(training.shape.blocks, bestLayouts).map { ExpertLayout(block: $0, devices: $1) },
            groups: bestModel)
    }

    /// Goes on with other tokens of the same requests; nil where the time is over before.
    func continued(on training: TrainingSet, until time: SearchTime) -> PlacementSearch? {
        let start = try? best()
        guard let start, var next = try? PlacementSearch(training, demand, room, devices, start: start, until: time),
            next.ground != nil
        else { return nil }
        (next.turns, next.tuning) = (turns, tuning)
        return next
    }

    /// One turn: places every layer for the homes there are, then fits homes to the placement. What is cut short is
    /// dropped.
    public mutating func improve(until time: SearchTime = .unlimited) {
        if ground == nil { try? prepare(nil, until: time) }
        guard ground != nil, !time.isOver else { return }
        // Not time enough for a turn: what there is, is used to place better for the homes there are.
        guard turns == 0 || time.allows(took.homes * 2) else { return settle(until: time) }
        let before = bestCost
        var next = self
        guard next.turn(until: time) else { return settle(until: time) }
        self = next
        // Where turns find nothing, half of the time is for what there is.
        if let left = time.left, left > .zero, bestCost >= before {
            settle(until: time.part(min(1, took.all / left)))
        }
    }

    /// Layers that need less than they are allowed leave it to others, until the layers together have what they may.
    mutating func giveLeeway() {
        guard let limit else { return }
        let missed = limit * Self.aim - reached
        leeway = (leeway + (judgesWhole ? Imbalance(all: missed.whole) : missed)).clamped(limit * -0.1, limit * 0.5)
    }

    /// Turns land about what they aim at: a little below the limit, so that few must give up visits to keep it.
    private static let aim = 0.995
}
