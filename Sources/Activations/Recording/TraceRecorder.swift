import Dispatch
import Foundation
import Routing
import Synchronization

/// Records the expert activations of running requests, or of a sample of them, and has a thread of its own write them.
///
/// The engine's thread admits requests, says before each forward pass whose rows it has, and finishes requests; it is
/// never made to wait for the disk. If that is too slow, or the trace's byte budget is used up, whole requests are
/// dropped and counted.
public final class TraceRecorder: RoutingObserver {
    public struct Options: Sendable {
        /// Share of requests that are recorded, 0...1.
        public var sample = 1.0
        public var recordsWeights = false
        /// Bytes of recordings in memory, running and waiting to be written, before requests are dropped.
        public var memoryBytes = 256 << 20
        /// Seconds after which what was recorded is written even if it does not fill a segment.
        public var flushSeconds = 60.0
        /// Called once, on the writer's thread, when writing fails.
        public var onFailure: (@Sendable (TraceError) -> Void)?

        public init() {}
    }

    /// A request that is being recorded.
    public struct Recording: Sendable {
        fileprivate let slot: Int
    }

    /// What was recorded so far.
    public struct Summary: Sendable, Equatable {
        public var requests: Int
        public var tokens: Int
        /// Bytes of segments on disk.
        public var bytes: Int
        /// Requests that were to be recorded and were not.
        public var dropped: Int
        /// Why writing failed, where it did; nothing is recorded after it.
        public var failure: TraceError?
    }

    private struct Engine: Sendable {
        var active: ActiveRecordings
        var random: any RandomNumberGenerator & Sendable
        var admitted = 0
    }

    let options: Options
    private let session: String
    private let engine: Mutex<Engine>
    let queue: Mutex<RecordingQueue>
    let writer: Mutex<TraceWriter>
    let failure = Mutex<TraceError?>(nil)
    let isFull = Atomic<Bool>(false)
    let wakeUp = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private let began = ContinuousClock.now
    /// Seconds between the beginning of the trace and `began`.
    private let offset: Double

    /// - Parameters:
    ///   - writer: of the model's shape.
    ///   - random: decides which requests are sampled.
    public init(
        writer: consuming TraceWriter, options: Options = Options(), random: some RandomNumberGenerator & Sendable
    ) {
        let now = Date().timeIntervalSince1970
        self.options = options
        offset = writer.started.map { now - $0 } ?? 0
        session = String(Int(now), radix: 36)
        engine = Mutex(
            Engine(
                active: ActiveRecordings(shape: writer.shape, recordsWeights: options.recordsWeights), random: random))
        queue = Mutex(RecordingQueue(limit: options.memoryBytes))
        self.writer = Mutex(writer)
        let thread = Thread { [self] in
            writeUntilClosed()
            finished.signal()
        }
        thread.name = "trace writer"
        thread.start()
    }

    /// Takes a request in, or returns nil if it is not in the sample.
    ///
    /// - Parameters:
    ///   - promptTokens: tokens of the prompt that will go through the model, before those of the answer.
    ///   - firstPosition: position of the first of them.
    ///   - submitted: when the request came.
    public func admit(
        _ label: RequestLabel, promptTokens: Int, firstPosition: Int = 0,
        submitted: ContinuousClock.Instant = .now
    ) -> Recording? {
        let arrival = (submitted - began).inSeconds + offset
        let slot: Int? = engine.withLock { engine in
            engine.admitted += 1
            guard Double.random(in: 0..<1, using: &engine.random) < options.sample else { return nil }
            guard !isFull.load(ordering: .relaxed) else {
                queue.withLock { $0.drop() }
                return nil
            }
            let trace = RequestTrace(
                id: label.id ?? "\(session)-\(engine.admitted)", domain: label.domain, category: label.category,
                arrival: arrival, prefillTokens: 0, firstPosition: firstPosition, experts: [])
            return engine.active.add(
                ActiveRecordings.Recording(
                    trace: trace, promptTokens: promptTokens, began: .now, bytesPerToken: engine.active.bytesPerToken))
        }
        return slot.map(Recording.init)
    }

    /// Says whose rows the next forward pass has, in order. Nil: those of a request that is not recorded.
    public func beginPass(_ owners: [(recording: Recording?, tokens: Int)]) {
        let room = options.memoryBytes - queue.withLock { $0.byteCount }
        engine.withLock { engine in engine.active.begin(owners.map { ($0.recording?.slot, $0.tokens) }, room: room) }
    }

    public func routed(layer: Int, decision: RoutingDecision) {
        engine.withLock { $0.active.record(layer: layer, decision: decision) }
    }

    /// Ends the forward pass.
    ///
    /// - Parameter isComplete: false if it was given up, so that its rows do not count.
    public func endPass(isComplete: Bool = true) {
        engine.withLock { $0.active.end(isComplete: isComplete, now: .now) }
    }

    /// Forgets the rows of a recording, whose tokens will all go through the model again.
    public func restart(_ recording: Recording) { engine.withLock { $0.active.restart(recording.slot) } }

    /// Ends a recording, whose request was answered or cancelled.
    public func finish(_ recording: Recording) {
        let done = engine.withLock { $0.active.remove(recording.slot) }
        guard let done, done.isDropped || done.tokens > 0 else { return }
        let wakes = queue.withLock { queue in
            guard !done.isDropped else {
                queue.drop()
                return false
            }
            return queue.add(done.finished(.now), bytes: done.byteCount)
        }
        if wakes { wakeUp.signal() }
    }

    /// Writes what is left, and returns when the trace is complete. Blocks the calling thread; call it once.
    @discardableResult public func close() -> Summary {
        queue.withLock { $0.close() }
        wakeUp.signal()
        finished.wait()
        return summary
    }

    public var summary: Summary {
        let failure = failure.withLock { $0 }
        return writer.withLock { writer in
            Summary(
                requests: writer.requestCount, tokens: writer.tokenCount, bytes: writer.byteCount,
                dropped: writer.droppedRequests, failure: failure)
        }
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
