import Activations

/// A running plan that is to be improved by few moves, and what it is to become.
struct PlanRevision {
    private let plan: PlacementPlan
    private let training: TrainingSet
    private let demand: PlacementDemand
    private let keepsCopies: Bool
    /// Most experts of a device.
    private let slots: Int
    /// Whether every expert must be on two nodes, and whether it was.
    private let (spreads, wasSpread): (Bool, Bool)

    /// - Throws: where the plan does not belong to the training requests, or nothing meets the demand.
    init(
        _ plan: PlacementPlan, _ training: TrainingSet, _ demand: PlacementDemand, keepsCopies: Bool
    ) throws(PlacementError) {
        self.plan = try plan.ordered(for: training.shape, demand)
        self.training = training
        self.keepsCopies = keepsCopies
        let copies = plan.layers.map { $0.devices.reduce(0) { $0 + $1.count } }
        var demand = demand
        if keepsCopies { demand.redundant = (copies.max() ?? 0) - plan.expertCount }
        self.demand = demand
        let room = try demand.room(experts: plan.expertCount)
        slots =
            keepsCopies
            ? min(demand.slotsPerDevice ?? .max, max(room.slotsPerDevice, plan.slotsPerDevice)) : room.slotsPerDevice
        let fewest = keepsCopies ? copies.min() ?? 0 : room.copies
        wasSpread = plan.survivesNodeLoss
        spreads = demand.survivesNodeLoss || wasSpread && fewest >= 2 * plan.expertCount
        if spreads, fewest < 2 * plan.expertCount {
            throw PlacementError(
                item: "survive-node-loss",
                reason: "needs \(2 * plan.expertCount) copies in every layer, the plan has one of \(fewest)")
        }
    }

    func run(moves: Int, until time: SearchTime) throws(PlacementError) -> PlacementPlan {
        let trainer = GroupingTrainer(training: training, nodes: plan.nodes, band: demand.band)
        let homes = plan.groups.map { trainer.homes($0, seed: demand.seed) }
        let folds = RequestFolds(training, seed: demand.seed &+ 17)
        // What is asked for is had in any case, as EPLB's plan is.
        let needs = plan.layers.contains { needsCorrection($0.devices) }
        let layers = Parallel.map(plan.layers.indices, threads: demand.threads, until: needs ? .unlimited : time) {
            start($0, homes: homes, folds)
        }
        guard let layers else { return plan }
        let starts = layers.compactMap { $0 }
        guard starts.count == layers.count else {
            throw PlacementError(item: "from", reason: "no way was found to the copies that are asked for")
        }
        let least = starts.reduce(0) { $0 + BoundedMoves.moves(from: $1.origin, to: $1.start.layout()) }
        guard least <= moves else {
            throw PlacementError(item: "moves", reason: "\(least) are needed to \(purpose), \(moves) are allowed")
        }
        let devices = BoundedMoves.improve(
            starts, moves: moves, threads: demand.threads, seed: demand.seed, until: time)
        return try PlacementPlan(
            nodes: plan.nodes, devicesPerNode: plan.devicesPerNode,
            layers: zip(plan.layers, devices).map { ExpertLayout(block: $0.block, devices: $1) }, groups: plan.groups)
    }

    private var purpose: String {
        (keepsCopies ? "keep a layer's copies" : "get to \(plan.expertCount + demand.redundant) copies in each layer")
            + " and \(slots) on a device at most" + (spreads ? ", every expert on two nodes" : "")
    }

    private func copies(_ devices: [[Int]]) -> Int {
        keepsCopies ? devices.reduce(0) { $0 + $1.count } : plan.expertCount + demand.redundant
    }

    private func needsCorrection(_ devices: [[Int]]) -> Bool {
        devices.reduce(0) { $0 + $1.count } != copies(devices) || devices.contains { $0.count > slots }
            || spreads && !wasSpread
    }

    /// The layer with the copies that are asked for; nil where no way to them is found.
    private func start(_ layer: Int, homes: [Int]?, _ folds: RequestFolds) -> BoundedMoves? {
        let origin = plan.layers[layer].devices
        let problem = { (copies: Int, slots: Int) in
            let room = LayerProblem.Room(
                nodes: plan.nodes, devicesPerNode: plan.devicesPerNode, slotsPerDevice: slots, copies: copies)
            return training.problem(layer: layer, room: room, homes: homes, folds: folds)
        }
        let cost = PlacementSearch.cost(demand)
        var devices = origin
        if needsCorrection(origin) {
            // Room for what is put down before something else is taken away.
            let most = max(copies(origin), origin.reduce(0) { $0 + $1.count }) + plan.expertCount
            var correction = CopyCorrection(
                problem(most, plan.expertCount), held: origin, cost: cost, copies: copies(origin), slots: slots,
                spreads: spreads)
            guard let corrected = correction.run() else { return nil }
            devices = corrected
        }
        let final = problem(copies(origin), slots)
        let state = LayerState(final, cells: .devices(final.room), held: devices)
        return BoundedMoves(origin: origin, start: state, cost: cost, rule: spreads ? .spread : .none)
    }
}

extension PlacementPlan {
    /// Whether every expert of every layer is on two nodes.
    public var survivesNodeLoss: Bool {
        layers.allSatisfy { layout in
            var first = [Int?](repeating: nil, count: expertCount)
            var isOnTwo = [Bool](repeating: false, count: expertCount)
            for (device, experts) in layout.devices.enumerated() {
                for expert in experts where expert < expertCount {
                    let node = device / devicesPerNode
                    if let known = first[expert], known != node { isOnTwo[expert] = true }
                    first[expert] = first[expert] ?? node
                }
            }
            return !isOnTwo.contains(false)
        }
    }

    /// Copies in the layer that has most, beyond one of each expert.
    public var redundant: Int { (layers.map { $0.devices.reduce(0) { $0 + $1.count } }.max() ?? 0) - expertCount }

    /// The plan with its layers in the order of a trace's.
    ///
    /// - Throws: where it is of other devices, layers or experts.
    fileprivate func ordered(for shape: TraceShape, _ demand: PlacementDemand) throws(PlacementError) -> PlacementPlan {
        func refuse(_ what: String) -> PlacementError { PlacementError(item: "from", reason: "the plan " + what) }
        guard nodes == demand.nodes, devicesPerNode == demand.devicesPerNode else {
            throw refuse(
                "is for \(nodes) nodes of \(devicesPerNode) devices, asked for are \(demand.nodes) of "
                    + "\(demand.devicesPerNode)")
        }
        guard expertCount == shape.expertCount else {
            throw refuse("has \(expertCount) experts in a layer, the trace \(shape.expertCount)")
        }
        let byBlock = Dictionary(uniqueKeysWithValues: layers.map { ($0.block, $0) })
        if let missing = shape.blocks.first(where: { byBlock[$0] == nil }) {
            throw refuse("has no layer \(missing), the trace has")
        }
        if let other = layers.first(where: { !shape.blocks.contains($0.block) }) {
            throw refuse("has a layer \(other.block), the trace has not")
        }
        return try PlacementPlan(
            nodes: nodes, devicesPerNode: devicesPerNode, layers: shape.blocks.compactMap { byBlock[$0] },
            groups: groups)
    }
}
