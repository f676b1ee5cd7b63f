import Synchronization

/// One request on its way through the engine, and the stream that its client reads.
final class Job: Sendable {
    let request: GenerationRequest
    let seed: UInt64
    let submitted = ContinuousClock.now
    let events: AsyncStream<GenerationEvent>.Continuation
    private let cancellation = Atomic<Bool>(false)

    init(request: GenerationRequest, seed: UInt64, events: AsyncStream<GenerationEvent>.Continuation) {
        self.request = request
        self.seed = seed
        self.events = events
    }

    var isCancelled: Bool { cancellation.load(ordering: .relaxed) }

    func cancel() { cancellation.store(true, ordering: .relaxed) }
}

/// Requests that wait for the engine, first come first served. A value type: it decides, the engine acts.
struct RequestQueue {
    private var waiting: [Job] = []
    private var isOpen = true
    private var isIdle = true
    let limit: Int

    init(limit: Int) { self.limit = limit }

    enum Next {
        case run(Job)
        case wait
        case stop
    }

    /// Adds a request at the end. A request that can start at once does not count against the limit.
    mutating func add(_ job: Job) throws(AdmissionError) {
        guard isOpen else { throw .shuttingDown }
        waiting.removeAll { $0.isCancelled }
        guard waiting.count < limit + (isIdle ? 1 : 0) else { throw .tooManyWaiting(limit: limit) }
        waiting.append(job)
    }

    /// What the engine's thread does next. It calls this each time it has nothing to do.
    mutating func next() -> Next {
        waiting.removeAll { $0.isCancelled }
        isIdle = waiting.isEmpty
        if !waiting.isEmpty { return .run(waiting.removeFirst()) }
        return isOpen ? .wait : .stop
    }

    /// No more requests are taken; those that wait are still answered.
    mutating func close() { isOpen = false }

    var waitingCount: Int { waiting.count }
}
