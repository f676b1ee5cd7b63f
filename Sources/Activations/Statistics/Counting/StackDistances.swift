/// How many different experts were used since an expert was used last, for every use: from that follows the hit rate of
/// a least-recently-used cache of every size in one pass (Mattson, Gecsei, Slutz and Traiger, 1970).
struct StackDistances {
    /// `[d]`: uses with `d` other experts in between; the last entry counts first uses, which no cache has.
    private(set) var prefill: [UInt64]
    private(set) var decode: [UInt64]
    private var recency: Recency

    init(experts: Int) {
        prefill = [UInt64](repeating: 0, count: experts + 1)
        decode = prefill
        recency = Recency(experts: experts)
    }

    /// Uses of the first `tokens` rows. Ids that are no expert are passed over.
    mutating func walk(_ rows: LayerRows, tokens: Int) {
        let prefillTokens = min(rows.prefillTokens, tokens)
        recency.walk(rows, 0..<prefillTokens, counting: &prefill)
        recency.walk(rows, prefillTokens..<tokens, counting: &decode)
    }
}

/// When each expert was used last.
private struct Recency {
    /// Counted in uses; 0 for never.
    private var lastUse: [Int32]
    private var now: Int32 = 0

    init(experts: Int) { lastUse = [Int32](repeating: 0, count: experts) }

    mutating func walk(_ rows: LayerRows, _ tokens: Range<Int>, counting counts: inout [UInt64]) {
        var now = now
        lastUse.withUnsafeMutableBufferPointer { lastUse in
            for token in tokens {
                let row = rows.row(token)
                for choice in 0..<rows.topK {
                    let expert = Int(row[choice])
                    guard expert < lastUse.count else { continue }
                    counts[Self.distance(UnsafeBufferPointer(lastUse), since: lastUse[expert])] += 1
                    // Sampled tokens are far too few to get there; it only must not trap.
                    now = now == .max ? 1 : now + 1
                    lastUse[expert] = now
                }
            }
        }
        self.now = now
    }

    /// A count over one array without a branch, so that the compiler uses vectors.
    private static func distance(_ times: UnsafeBufferPointer<Int32>, since: Int32) -> Int {
        guard since > 0 else { return times.count }
        var later: Int32 = 0
        // Times are not negative: the sign of the difference, spread over the word, is -1 where `time` is later.
        for time in times { later &-= (since &- time) &>> 31 }
        return Int(later)
    }
}
