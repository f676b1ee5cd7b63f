import Routing

/// The requests that are being recorded and the rows of the current micro-batch that belong to them. A value type: it
/// sorts decisions into requests; the recorder decides which requests and what becomes of them.
struct ActiveRecordings {
    /// One request while it runs.
    struct Recording {
        var trace: RequestTrace
        let promptTokens: Int
        let began: ContinuousClock.Instant
        var prefillEnded: ContinuousClock.Instant?
        var tokens = 0
        let bytesPerToken: Int
        /// There was no room for it: it goes on without rows and comes to nothing.
        var isDropped = false
    }

    /// Rows of the current micro-batch that go to a recording, as its tokens from `firstToken` on.
    private struct Part {
        let slot: Int
        let rows: Range<Int>
        let firstToken: Int
    }

    let shape: TraceShape
    let recordsWeights: Bool
    private var slots: [Recording?] = []
    private var parts: [Part] = []
    /// Bytes of all recordings together.
    private(set) var byteCount = 0

    init(shape: TraceShape, recordsWeights: Bool) {
        self.shape = shape
        self.recordsWeights = recordsWeights
    }

    /// Bytes that one token takes.
    var bytesPerToken: Int { shape.idsPerToken * (recordsWeights ? 6 : 2) }

    /// Takes a request in and returns its slot.
    mutating func add(_ recording: Recording) -> Int {
        if let free = slots.firstIndex(where: { $0 == nil }) {
            slots[free] = recording
            return free
        }
        slots.append(recording)
        return slots.count - 1
    }

    /// Takes the request in `slot` out; nil if it is gone already.
    mutating func remove(_ slot: Int) -> Recording? {
        guard let recording = slots[slot] else { return nil }
        slots[slot] = nil
        byteCount -= recording.byteCount
        return recording
    }

    /// Forgets the rows of the request in `slot`.
    mutating func restart(_ slot: Int) {
        byteCount -= slots[slot]?.byteCount ?? 0
        slots[slot]?.clear()
    }

    /// Begins a micro-batch: its rows belong to `owners` in order. Without a slot they are not recorded.
    ///
    /// - Parameter room: bytes that all recordings may have together; those that would grow beyond it are dropped.
    mutating func begin(_ owners: [(slot: Int?, tokens: Int)], room: Int) {
        parts.removeAll(keepingCapacity: true)
        var row = 0
        for (slot, tokens) in owners {
            defer { row += tokens }
            guard let slot, slots[slot]?.isDropped == false, let first = slots[slot]?.tokens else { continue }
            guard byteCount + tokens * bytesPerToken <= room else {
                drop(slot)
                continue
            }
            parts.append(Part(slot: slot, rows: row..<row + tokens, firstToken: first))
            slots[slot]?.grow(by: tokens, shape: shape, weights: recordsWeights)
            byteCount += tokens * bytesPerToken
        }
    }

    private mutating func drop(_ slot: Int) {
        byteCount -= slots[slot]?.byteCount ?? 0
        slots[slot]?.clear()
        slots[slot]?.isDropped = true
    }

    /// Sorts one layer's decision into the requests.
    mutating func record(layer: Int, decision: RoutingDecision) {
        guard !parts.isEmpty else { return }
        precondition(layer < shape.layerCount && decision.expertsPerToken == shape.topK, "a model of another shape")
        for part in parts {
            precondition(part.rows.upperBound <= decision.tokens, "the micro-batch has fewer rows")
            let first = (part.firstToken * shape.layerCount + layer) * shape.topK
            slots[part.slot]?.trace.copy(
                decision, rows: part.rows, to: first, stride: shape.idsPerToken, width: shape.topK)
        }
    }

    /// Ends the micro-batch. One that was given up leaves nothing behind.
    mutating func end(isComplete: Bool, now: ContinuousClock.Instant) {
        for part in parts {
            if isComplete {
                slots[part.slot]?.note(now)
            } else {
                slots[part.slot]?.shrink(by: part.rows.count, shape: shape)
                byteCount -= part.rows.count * bytesPerToken
            }
        }
        parts.removeAll(keepingCapacity: true)
    }
}

extension ActiveRecordings.Recording {
    var byteCount: Int { tokens * bytesPerToken }

    /// The trace of the request, which ended at `now`.
    func finished(_ now: ContinuousClock.Instant) -> RequestTrace {
        var trace = trace
        trace.prefillTokens = min(tokens, promptTokens)
        let boundary = prefillEnded ?? now
        trace.prefillSeconds = (boundary - began).inSeconds
        trace.decodeSeconds = (now - boundary).inSeconds
        return trace
    }

    fileprivate mutating func clear() {
        tokens = 0
        trace.experts = []
        trace.weights = nil
    }

    /// Makes room for tokens, without experts as yet.
    fileprivate mutating func grow(by count: Int, shape: TraceShape, weights: Bool) {
        tokens += count
        trace.experts += repeatElement(RequestTrace.noExpert, count: count * shape.idsPerToken)
        if weights, trace.weights == nil { trace.weights = [] }
        trace.weights?.append(contentsOf: repeatElement(0, count: count * shape.idsPerToken))
    }

    fileprivate mutating func shrink(by count: Int, shape: TraceShape) {
        tokens -= count
        trace.experts.removeLast(count * shape.idsPerToken)
        trace.weights?.removeLast(count * shape.idsPerToken)
    }

    fileprivate mutating func note(_ now: ContinuousClock.Instant) {
        if prefillEnded == nil, tokens >= promptTokens { prefillEnded = now }
    }
}

extension RequestTrace {
    /// Copies the assignments of `rows`, `width` each, to every `stride`-th place from `first` on.
    fileprivate mutating func copy(
        _ decision: RoutingDecision, rows: Range<Int>, to first: Int, stride: Int, width: Int
    ) {
        var place = first
        for row in rows {
            for choice in 0..<width {
                // Dropped assignments are -1, whose low 16 bits are those of `noExpert`.
                experts[place + choice] = UInt16(truncatingIfNeeded: decision.experts[row * width + choice])
            }
            place += stride
        }
        guard weights != nil else { return }
        place = first
        for row in rows {
            for choice in 0..<width { weights?[place + choice] = decision.weights[row * width + choice] }
            place += stride
        }
    }
}
