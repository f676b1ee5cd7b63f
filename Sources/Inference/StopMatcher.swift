/// Watches streamed text for stop texts. Text that could be the beginning of one is held back until it is clear.
public struct StopMatcher: Sendable {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []

    /// Empty stop texts are ignored: they would end every answer before it begins.
    public init(stops: [String]) {
        self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) }
    }

    public enum Outcome: Equatable, Sendable {
        /// Text that belongs to the answer now (may be empty).
        case emit(String)
        /// A stop text appeared: this much of the answer comes before it.
        case stopped(String)
    }

    /// Adds `text` (whole characters) to what was streamed.
    public mutating func push(_ text: String) -> Outcome {
        guard !stops.isEmpty else { return .emit(text) }
        held.append(contentsOf: text.utf8)
        if let start = firstStop() {
            let answer = String(decoding: held[..<start], as: UTF8.self)
            held.removeAll()
            return .stopped(answer)
        }
        let safe = held.count - longestOpenPrefix()
        let answer = String(decoding: held[..<safe], as: UTF8.self)
        held.removeFirst(safe)
        return .emit(answer)
    }

    /// What was held back, when the answer ends without a stop text.
    public mutating func flush() -> String {
        defer { held.removeAll() }
        return String(decoding: held, as: UTF8.self)
    }

    /// Where the earliest stop text begins in `held`.
    private func firstStop() -> Int? {
        held.indices.first { start in stops.contains { held[start...].starts(with: $0) } }
    }

    /// Length of the longest end of `held` that begins some stop text.
    private func longestOpenPrefix() -> Int {
        let longest = stops.reduce(0) { max($0, $1.count - 1) }
        for length in stride(from: min(longest, held.count), to: 0, by: -1) {
            let end = held.suffix(length)
            if stops.contains(where: { $0.starts(with: end) }) { return length }
        }
        return 0
    }
}
