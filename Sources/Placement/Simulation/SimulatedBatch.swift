import Activations
import Randomness

/// A request in flight.
struct RunningRequest: Sendable {
    /// Index in the trace.
    let request: Int
    var node: Int
    var device: Int
    /// The next row to run.
    var next: Int
    /// Rows before this one are read in chunks: the prompt, or what a lost node knew.
    var readUntil: Int
    /// Where it ends.
    let end: Int
    let arrival: Double
    /// When it left the queue; nil for those that were under way when the simulation began.
    let start: Double?
}

/// Continuous batching on all nodes: who runs where, which tokens go into the next step, who is done.
///
/// A value type without clock or randomness of its own; `GroupAssigner` decides on nodes.
struct SimulatedBatch: Sendable {
    private let trace: ReplayTrace
    private let options: SimulationOptions
    private let devicesPerNode: Int
    private(set) var running: [RunningRequest] = []
    private(set) var assigner: GroupAssigner
    private var groups: GroupingModel?
    private typealias Prediction = (costs: [Double], basis: GroupingModel.Basis)
    private var predictions: [Int: Prediction] = [:]
    /// Requests in flight by device.
    private var occupancy: [Int]
    private(set) var lostNodes: Set<Int> = []
    /// Requests that changed their node between prompt and answer, and cache entries that went with them.
    private(set) var moves = 0
    private(set) var movedPositions = 0
    /// Requests by what their last assignment rested on.
    private(set) var bases: [GroupingModel.Basis: Int] = [:]

    init(trace: ReplayTrace, options: SimulationOptions, plan: PlacementPlan) {
        self.trace = trace
        self.options = options
        devicesPerNode = plan.devicesPerNode
        groups = plan.groups
        assigner = GroupAssigner(model: plan.groups, nodes: plan.nodes)
        occupancy = [Int](repeating: 0, count: plan.deviceCount)
    }

    /// Rows of a request that a phase replays.
    static func rows(_ request: ReplayTrace.Request, _ phase: SimulationOptions.Phase) -> Range<Int> {
        switch phase {
        case .decode: request.prefillTokens..<request.tokens
        case .prefill: 0..<request.prefillTokens
        case .both: 0..<request.tokens
        }
    }

    /// - Parameter progress: share of the request that is behind it already, for those under way from the beginning.
    mutating func admit(_ request: Int, arrival: Double, start: Double?, progress: Double = 0) {
        let source = trace.requests[request]
        let rows = Self.rows(source, options.phase)
        let next = rows.lowerBound + Int(progress * Double(rows.count))
        let node = assign(request, promptSeen: options.phase == .decode || next >= source.prefillTokens).node
        let device = leastOccupied(of: node)
        occupancy[device] += 1
        running.append(
            RunningRequest(
                request: request, node: node, device: device, next: next,
                readUntil: options.phase == .decode ? 0 : source.prefillTokens, end: rows.upperBound,
                arrival: arrival, start: start))
    }

    /// The home of a request whose prompt has been read, which counts as in flight from then on.
    mutating func home(of request: Int) -> GroupAssigner.Decision { assign(request, promptSeen: true) }

    private mutating func assign(_ request: Int, promptSeen: Bool) -> GroupAssigner.Decision {
        let decision = assigner.assign(prediction(request, promptSeen: promptSeen))
        bases[decision.basis, default: 0] += 1
        return decision
    }

    /// What the groups say to a request. A long prompt makes it costly, and requests come again.
    private mutating func prediction(_ request: Int, promptSeen: Bool) -> Prediction? {
        guard let groups else { return nil }
        let usesPrompt = promptSeen && options.knowledge == .activations
        let key = 2 * request + (usesPrompt ? 1 : 0)
        if let known = predictions[key] { return known }
        let source = trace.requests[request]
        let prediction = groups.costs(
            of: GroupAssigner.Arrival(
                label: options.knowledge == .nothing ? nil : source.label,
                experts: usesPrompt ? trace.experts(request, tokens: 0..<source.prefillTokens) : []),
            shape: trace.shape)
        predictions[key] = prediction
        return prediction
    }

    private func leastOccupied(of node: Int) -> Int {
        let devices = node * devicesPerNode..<(node + 1) * devicesPerNode
        return devices.min { (occupancy[$0], $0) < (occupancy[$1], $1) } ?? devices.lowerBound
    }
}

// MARK: - Steps

extension SimulatedBatch {
    /// The next step's tokens.
    func fill(_ step: inout StepTokens) {
        step.clear()
        var budgets = [Int](repeating: options.prefillChunk, count: occupancy.count)
        for request in running {
            let rows = nextRows(of: request, budget: &budgets[request.device])
            let source = trace.requests[request.request]
            for row in rows {
                step.batch.append(
                    device: request.device, row: source.firstID + row * trace.shape.idsPerToken,
                    request: request.request)
                step.positions[request.device] += Double(source.firstPosition + row + 1)
            }
            step.tokens[request.device] += Int32(rows.count)
            if request.next >= request.readUntil { step.decoding += 1 }
        }
    }

    /// Rows that a request runs in the next step: one, or a piece of what it has to read.
    private func nextRows(of request: RunningRequest, budget: inout Int) -> Range<Int> {
        guard request.next < request.readUntil else { return request.next..<min(request.next + 1, request.end) }
        let count = min(budget, request.readUntil - request.next)
        budget -= count
        return request.next..<request.next + count
    }

    /// Moves all on by one step and hands out those that are done.
    mutating func advance() -> [RunningRequest] {
        var budgets = [Int](repeating: options.prefillChunk, count: occupancy.count)
        var done: [RunningRequest] = []
        var kept: [RunningRequest] = []
        kept.reserveCapacity(running.count)
        for var request in running {
            let wasReading = request.next < request.readUntil
            request.next = nextRows(of: request, budget: &budgets[request.device]).upperBound
            if request.next >= request.end {
                leave(request)
                done.append(request)
            } else {
                if wasReading, request.next == request.readUntil, options.phase == .both, groups != nil {
                    rehome(&request)
                }
                kept.append(request)
            }
        }
        running = kept
        return done
    }

    private mutating func leave(_ request: RunningRequest) {
        assigner.release(1, from: request.node)
        occupancy[request.device] -= 1
    }

    /// The prompt has been read: its activations may choose another node for the answer.
    private mutating func rehome(_ request: inout RunningRequest) {
        leave(request)
        let node = assign(request.request, promptSeen: true).node
        if node != request.node {
            moves += 1
            movedPositions += trace.requests[request.request].firstPosition + request.next
        }
        let device = node == request.node ? request.device : leastOccupied(of: node)
        occupancy[device] += 1
        request.node = node
        request.device = device
    }
}

// MARK: - Change

extension SimulatedBatch {
    /// New requests are assigned by another plan's groups; those in flight stay where their cache is.
    mutating func adopt(_ groups: GroupingModel?) {
        self.groups = groups
        predictions.removeAll()
        assigner.adopt(groups)
    }

    /// A node is gone, and with it the caches of its requests: they find new homes and read again what they had.
    ///
    /// - Returns: requests that lost their node, and tokens they have to read again.
    mutating func lose(_ node: Int) -> (requests: Int, tokens: Int) {
        lostNodes.insert(node)
        assigner.close(node)
        var lost = (requests: 0, tokens: 0)
        for index in running.indices where running[index].node == node {
            var request = running[index]
            leave(request)
            let promptSeen = request.next >= trace.requests[request.request].prefillTokens
            request.node = assign(request.request, promptSeen: promptSeen).node
            request.device = leastOccupied(of: request.node)
            occupancy[request.device] += 1
            request.readUntil = max(request.readUntil, request.next)
            lost.requests += 1
            lost.tokens += trace.requests[request.request].firstPosition + request.next
            request.next = 0
            running[index] = request
        }
        return lost
    }
}
