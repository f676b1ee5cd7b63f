import Activations

/// Why a simulation cannot run.
public struct SimulationError: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Replays requests on a placement plan, step by step, and adds up what the cost model says.
///
/// A value type: given the same trace, plan, costs and options it gives the same results, bit for bit.
public struct Simulation: Sendable {
    public let trace: ReplayTrace
    public let cost: CostModel
    public let options: SimulationOptions
    private let replanner: (any Replanner)?
    private(set) var placement: LivePlacement
    private var batching: SimulatedBatch
    private var stream: RequestStream
    private var arrivals: ArrivalProcess
    private let meter: StepMeter
    public private(set) var outcome: SimulationOutcome
    /// Seconds since the beginning.
    private var clock = 0.0
    private var now: StepTokens
    /// The last steps' tokens: what a new plan is tried on.
    private var recent: [StepTokens] = []
    /// Requests that ended since the last look for a better plan.
    private var recentlyDone: Set<Int> = []
    private static let recentSteps = 4

    /// - Parameters:
    ///   - replanner: who makes new plans, where `options.replanning` asks for it.
    ///   - threads: how many count layers at the same time; results do not depend on it.
    /// - Throws: ``SimulationError`` where trace, plan, topology and options do not fit together.
    public init(
        trace: ReplayTrace, plan: PlacementPlan, cost: CostModel, options: SimulationOptions,
        replanner: (any Replanner)? = nil, threads: Int = 1
    ) throws(SimulationError) {
        try Self.check(trace: trace, plan: plan, cost: cost, options: options)
        let candidates = trace.requests.indices.filter {
            !SimulatedBatch.rows(trace.requests[$0], options.phase).isEmpty
        }
        guard !candidates.isEmpty else {
            throw SimulationError(
                "no request of the trace has tokens of the phase '\(options.phase.rawValue)'; --phase replays others")
        }
        self.trace = trace
        self.cost = cost
        self.options = options
        self.replanner = replanner
        placement = LivePlacement(plan: plan, shape: trace.shape)
        batching = SimulatedBatch(trace: trace, options: options, plan: plan)
        stream = RequestStream(candidates: candidates, trace: trace, order: options.order, seed: options.seed)
        arrivals = ArrivalProcess(rate: options.arrivalRate, seed: options.seed)
        meter = StepMeter(cost: cost, topK: trace.shape.topK, threads: threads)
        outcome = SimulationOutcome(
            requests: trace.requests.count, layers: trace.shape.layerCount,
            devices: plan.deviceCount)
        now = StepTokens(devices: plan.deviceCount)
        if options.arrivalRate == nil { fillAllSeats() }
    }

    /// Runs all steps.
    public mutating func run() throws {
        for step in 0..<options.steps { try advance(step) }
        outcome.seconds = clock
        outcome.bases = batching.bases
        outcome.moves = batching.moves
        outcome.movedBytes =
            Double(batching.movedPositions) * cost.model.cacheBytesPerToken * Double(trace.shape.layerCount)
        outcome.waiting = arrivals.waiting.count
    }

    private mutating func fillAllSeats() {
        for _ in 0..<options.batch * cost.topology.deviceCount {
            batching.admit(stream.pop(), arrival: 0, start: nil, progress: stream.unit())
        }
    }

    private mutating func advance(_ step: Int) throws {
        for loss in options.losses where loss.step == step { lose(loss.node) }
        placement.finishReload(at: clock)
        if let replanning = options.replanning, step > 0, step % replanning.every == 0 { try replan(replanning) }
        admitArrivals()
        batching.fill(&now)
        remember()
        let record = meter.measure(now, ids: trace.ids, on: placement, into: &outcome)
        for request in now.batch.requests { outcome.requestTokens[Int(request)] += 1 }
        clock += record.cost.layer.slowest
        outcome.steps.append(record)
        finish(batching.advance())
    }

    private mutating func admitArrivals() {
        guard options.arrivalRate != nil else { return }
        let seats = options.batch * (cost.topology.deviceCount - placement.lostDevices.count)
        let free = seats - batching.running.count
        for (request, arrival) in arrivals.admit(until: clock, atMost: free, from: &stream) {
            batching.admit(request, arrival: arrival, start: clock)
        }
        // Nothing to do before the next one comes: time passes.
        if batching.running.isEmpty, let (request, arrival) = arrivals.skipToNext(&stream) {
            clock = arrival
            batching.admit(request, arrival: arrival, start: arrival)
        }
    }

    private mutating func finish(_ done: [RunningRequest]) {
        for request in done {
            if options.replanning != nil { recentlyDone.insert(request.request) }
            outcome.finish(
                request, at: clock, rows: SimulatedBatch.rows(trace.requests[request.request], options.phase))
            if options.arrivalRate == nil { batching.admit(stream.pop(), arrival: clock, start: clock) }
        }
    }

    private mutating func remember() {
        guard options.replanning != nil else { return }
        if recent.count == Self.recentSteps { recent.removeFirst() }
        recent.append(now)
    }
}

// MARK: - Change

extension Simulation {
    private mutating func lose(_ node: Int) {
        let (requests, tokens) = batching.lose(node)
        let reload = placement.lose(node, cost: cost, at: clock)
        outcome.losses.append(
            SimulationOutcome.Loss(
                node: node, step: outcome.steps.count, requests: requests, tokensReadAgain: tokens,
                expertsLost: reload.experts, reloadSeconds: reload.seconds))
    }

    private mutating func replan(_ replanning: SimulationOptions.Replanning) throws {
        let recent = observed()
        guard let plan = try replanner?.plan(recent: recent, shape: trace.shape, current: placement.plan) else {
            return
        }
        var event = SimulationOutcome.Replan(step: outcome.steps.count)
        let proposed = LivePlacement(plan: plan, shape: trace.shape, without: placement.lostNodes)
        let migration = placement.migration(to: proposed, cost: cost)
        event.movedExperts = migration.experts
        event.movedBytes = migration.bytes
        event.seconds = migration.seconds * replanning.stall
        event.savedPerStep = recentStepTime(placement) - recentStepTime(proposed)
        // A plan made without knowing of lost nodes may leave an expert without a device: not taken.
        event.accepted =
            proposed.copies.allSatisfy { $0.missing.isEmpty }
            && event.savedPerStep * Double(replanning.every) > event.seconds * replanning.margin
        if event.accepted {
            placement = proposed
            batching.adopt(plan.groups)
            clock += event.seconds
        }
        outcome.replans.append(event)
    }

    /// Mean time that the last steps would take on a placement.
    private func recentStepTime(_ placement: LivePlacement) -> Double {
        var scratch = SimulationOutcome(
            requests: trace.requests.count, layers: trace.shape.layerCount, devices: cost.topology.deviceCount)
        let times = recent.map {
            meter.measure($0, ids: trace.ids, on: placement, into: &scratch).cost.layer.slowest
        }
        return times.isEmpty ? 0 : times.reduce(0, +) / Double(times.count)
    }

    /// What has been seen of the requests in flight and of those that ended since the last look, each once.
    private mutating func observed() -> [RequestTrace] {
        var rows: [Int: Int] = [:]
        for request in batching.running { rows[request.request] = max(rows[request.request] ?? 0, request.next) }
        for request in recentlyDone { rows[request] = trace.requests[request].tokens }
        recentlyDone.removeAll()
        return rows.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { trace.seen($0.key, tokens: $0.value) }
    }
}

extension Simulation {
    /// Most requests in flight.
    private static let requestLimit = 1 << 23

    private static func check(
        trace: ReplayTrace, plan: PlacementPlan, cost: CostModel, options: SimulationOptions
    ) throws(SimulationError) {
        let topology = cost.topology
        guard plan.nodes == topology.nodes, plan.devicesPerNode == topology.devicesPerNode else {
            throw SimulationError(
                "the plan is for \(plan.nodes) nodes of \(plan.devicesPerNode) devices, topology '\(topology.name)' has "
                    + "\(topology.nodes) of \(topology.devicesPerNode)")
        }
        if let slots = topology.device.slots, plan.slotsPerDevice > slots {
            throw SimulationError(
                "a device of the plan holds \(plan.slotsPerDevice) experts, '\(topology.name)' has room for \(slots)")
        }
        for block in trace.shape.blocks where !plan.layers.contains(where: { $0.block == block }) {
            throw SimulationError("the trace has experts in layer \(block), the plan has no such layer")
        }
        guard plan.expertCount >= trace.shape.expertCount else {
            throw SimulationError(
                "the trace has \(trace.shape.expertCount) experts a layer, the plan \(plan.expertCount)")
        }
        guard options.steps > 0, options.batch > 0, options.prefillChunk > 0 else {
            throw SimulationError("steps, batch and prefill chunk must be 1 or more")
        }
        guard options.batch <= Self.requestLimit / topology.deviceCount else {
            throw SimulationError("more than \(Self.requestLimit) requests in flight: make the batch smaller")
        }
        if let rate = options.arrivalRate, !(rate > 0 && rate.isFinite) {
            throw SimulationError("the arrival rate must be more than 0")
        }
        try check(options.losses, nodes: topology.nodes, steps: options.steps)
    }

    private static func check(
        _ losses: [SimulationOptions.NodeLoss], nodes: Int, steps: Int
    ) throws(SimulationError) {
        let lost = Set(losses.map(\.node))
        guard lost.count == losses.count, lost.count < nodes else {
            throw SimulationError("a node can be lost once, and one of \(nodes) must stay")
        }
        for loss in losses where !(0..<nodes).contains(loss.node) || !(0..<steps).contains(loss.step) {
            throw SimulationError("no node \(loss.node) of \(nodes) can be lost at step \(loss.step) of \(steps)")
        }
    }
}
