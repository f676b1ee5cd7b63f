/// Finished recordings on their way from the engine's thread to the writer's: bounded in bytes. A value type.
struct RecordingQueue {
    private var waiting: [RequestTrace] = []
    private var dropped = 0
    private var isOpen = true
    private(set) var byteCount = 0
    let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Adds a recording of that size, or drops and counts it if there is no room.
    mutating func add(_ trace: RequestTrace, bytes: Int) {
        guard isOpen, byteCount + bytes <= limit else { return dropped += 1 }
        waiting.append(trace)
        byteCount += bytes
    }

    /// Counts a recording that was given up.
    mutating func drop() { dropped += 1 }

    mutating func close() { isOpen = false }

    /// Everything that came since the last time. What is taken still counts against the limit, until `written`.
    mutating func take() -> (traces: [RequestTrace], bytes: Int, dropped: Int, isOpen: Bool) {
        defer {
            waiting = []
            dropped = 0
        }
        return (waiting, byteCount, dropped, isOpen)
    }

    mutating func written(bytes: Int) { byteCount -= bytes }
}
