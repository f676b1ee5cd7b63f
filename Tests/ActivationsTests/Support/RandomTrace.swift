import Activations
import Randomness

extension TraceShape {
    static func random(_ random: inout SplitMix64, experts: Int? = nil) -> TraceShape {
        let count = experts ?? Int.random(in: 1...600, using: &random)
        return TraceShape(
            blocks: (0..<Int.random(in: 1...5, using: &random)).map { 2 * $0 + 1 }, expertCount: count,
            topK: Int.random(in: 1...min(8, count), using: &random))
    }
}

extension RequestTrace {
    /// A request with every field set or not by chance, labels hard to write as JSON, and one id in 16 for no expert.
    static func random(_ shape: TraceShape, _ random: inout SplitMix64, weights: Bool = false) -> RequestTrace {
        let tokens = Int.random(in: 0...20, using: &random)
        let labels = ["code", "", "a\"b\\c", "línea\n2", "数学", "\u{0}\u{1f}\u{7f}", "/"]
        let ids = (0..<tokens * shape.idsPerToken).map { _ in
            Int.random(in: 0..<16, using: &random) == 0
                ? noExpert : UInt16.random(in: 0..<UInt16(shape.expertCount), using: &random)
        }
        var request = RequestTrace(
            id: "\(labels.randomElement(using: &random) ?? "")-\(random.next())",
            domain: Bool.random(using: &random) ? labels.randomElement(using: &random) : nil,
            category: Bool.random(using: &random) ? labels.randomElement(using: &random) : nil,
            arrival: Bool.random(using: &random) ? random.nextUnit() * 1000 : nil,
            prefillTokens: Int.random(in: 0...tokens, using: &random),
            firstPosition: Int.random(in: 0...1000, using: &random), experts: ids,
            weights: weights ? ids.map { _ in Float(random.nextUnit()) } : nil)
        if Bool.random(using: &random) {
            request.prefillSeconds = random.nextUnit()
            request.decodeSeconds = random.nextUnit()
        }
        return request
    }
}

extension TraceSource {
    /// Everything in the trace.
    func readAll() -> (requests: [RequestTrace], damages: [TraceDamage]) {
        var requests: [RequestTrace] = []
        let damages = forEachRequest { requests.append($0) }
        return (requests, damages)
    }
}

/// Writes `requests` as a trace.
func writeTrace(
    _ requests: [RequestTrace], _ shape: TraceShape, to folder: String,
    options: TraceWriter.Options = TraceWriter.Options()
) throws {
    var writer = try TraceWriter(folder: folder, shape: shape, options: options)
    for request in requests { _ = try writer.append(request) }
    try writer.flush()
}
