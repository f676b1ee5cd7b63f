/// Finished recordings on their way from the engine's thread to the writer's: bounded in bytes. A value type.
struct RecordingQueue {
    private var waiting: [RequestTrace] = []
    private var dropped = 0
    private var isOpen = true
    /// Bytes waiting and being written.
    private(set) var byteCount = 0
    private var waitingBytes = 0
    let limit: Int
    /// So many bytes are worth waking the writer for. It takes processor time from the engine each time it wakes, and
    /// what it takes goes to disk no sooner than a segment is full.
    private let batch: Int

    init(limit: Int) {
        self.limit = limit
        batch = min(4 << 20, limit / 8)
    }

    /// Adds a recording of that size, or drops and counts it if there is no room.
    ///
    /// - Returns: whether the writer is to be woken: there is enough to do.
    mutating func add(_ trace: RequestTrace, bytes: Int) -> Bool {
        guard isOpen, byteCount + bytes <= limit else {
            dropped += 1
            return false
        }
        waiting.append(trace)
        byteCount += bytes
        waitingBytes += bytes
        return waitingBytes >= batch && waitingBytes - bytes < batch
    }

    /// Counts a recording that was given up.
    mutating func drop() { dropped += 1 }

    mutating func close() { isOpen = false }

    /// Everything that came since the last time. What is taken still counts against the limit, until `written`.
    mutating func take() -> (traces: [RequestTrace], bytes: Int, dropped: Int, isOpen: Bool) {
        defer {
            waiting = []
            waitingBytes = 0
            dropped = 0
        }
        return (waiting, byteCount, dropped, isOpen)
    }

    mutating func written(bytes: Int) { byteCount -= bytes }
}
