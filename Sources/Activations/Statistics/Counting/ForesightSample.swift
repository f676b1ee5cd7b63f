/// The first uses of a layer that went through the caches, kept so that the best possible cache can be worked out: the
/// one that knows the future and gives up the expert whose next use is farthest away (Belady, 1966).
struct ForesightSample {
    private let limit: Int
    /// Rows that were kept, with an expert in this layer or without.
    private(set) var tokens = 0
    private var uses: [UInt16] = []
    private var isPrefill: [Bool] = []

    /// - Parameter limit: tokens to keep: the same ones in every layer, however few of a layer's experts they use.
    init(limit: Int) { self.limit = limit }

    /// Keeps the first `count` rows as long as there is room. Ids that are no expert are passed over.
    mutating func append(_ rows: LayerRows, tokens count: Int, experts: Int) {
        for token in 0..<count {
            guard tokens < limit else { return }
            tokens += 1
            let row = rows.row(token)
            for choice in 0..<rows.topK where Int(row[choice]) < experts {
                uses.append(row[choice])
                isPrefill.append(token < rows.prefillTokens)
            }
        }
    }

    /// `[d]`: uses that a cache of more than `d` experts has; the last entry counts those that no cache has.
    ///
    /// One pass for all sizes: the optimal caches of all sizes contain each other, so that they form a stack, ordered by
    /// how soon an expert is used again (Mattson and others, 1970).
    func distances(experts: Int, countsPrefill: Bool) -> [UInt64] {
        var counts = [UInt64](repeating: 0, count: experts + 1)
        var stack: [Int] = []
        var nextUse = [Int](repeating: .max, count: experts)
        for (time, following) in nextUses(experts: experts).enumerated() {
            let expert = Int(uses[time])
            let depth = stack.firstIndex(of: expert)
            if isPrefill[time] == countsPrefill { counts[depth ?? experts] += 1 }
            nextUse[expert] = following
            guard !stack.isEmpty else {
                stack.append(expert)
                continue
            }
            var carried = stack[0]
            stack[0] = expert
            if depth == 0 { continue }
            for place in 1..<(depth ?? stack.count) where nextUse[carried] < nextUse[stack[place]] {
                swap(&carried, &stack[place])
            }
            if let depth { stack[depth] = carried } else { stack.append(carried) }
        }
        return counts
    }

    /// When the expert of each use is used next.
    private func nextUses(experts: Int) -> [Int] {
        var next = [Int](repeating: .max, count: experts)
        var answer = [Int](repeating: .max, count: uses.count)
        for time in uses.indices.reversed() {
            answer[time] = next[Int(uses[time])]
            next[Int(uses[time])] = time
        }
        return answer
    }
}
