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
    /// Requests that the engine could begin at once, when it last asked.
    private var freeSeats: Int
    let limit: Int

    init(limit: Int, seats: Int) {
        self.limit = limit
        freeSeats = seats
    }

    enum Next {
        /// Begin these, which may be none, and go on with what is running.
        case work([Job])
        /// There is nothing to do.
        case wait
        case stop
    }

    /// Adds a request at the end. A request that can start at once does not count against the limit.
    mutating func add(_ job: Job) throws(AdmissionError) {
        guard isOpen else { throw .shuttingDown }
        waiting.removeAll { $0.isCancelled }
        guard waiting.count < limit + freeSeats else { throw .tooManyWaiting(limit: limit) }
        waiting.append(job)
    }

    /// What the engine's thread does next. It calls this before each pass through the model.
    mutating func next(seats: Int, running: Int) -> Next {
        waiting.removeAll { $0.isCancelled }
        let begun = Array(waiting.prefix(max(seats - running, 0)))
        waiting.removeFirst(begun.count)
        freeSeats = max(seats - running - begun.count, 0)
        if running + begun.count > 0 { return .work(begun) }
        return isOpen ? .wait : .stop
    }

    /// No more requests are taken; those that wait are still answered.
    mutating func close() { isOpen = false }
}
