/// Cuts a stream of unknown length into between `limit / 2` and `limit` windows of as many requests each: when all are
/// full, each two become one of twice the length.
struct WindowClock {
    static let limit = 48

    private(set) var requestsPerWindow = 1
    private var window = 0
    private var inWindow = 0

    /// Windows that have a request.
    var count: Int { inWindow > 0 ? window + 1 : window }

    /// The window of the next request, and whether to merge before.
    mutating func next() -> (window: Int, merges: Bool) {
        if inWindow == requestsPerWindow {
            window += 1
            inWindow = 0
        }
        let merges = window == Self.limit
        if merges {
            window = Self.limit / 2
            requestsPerWindow *= 2
        }
        inWindow += 1
        return (window, merges)
    }
}
