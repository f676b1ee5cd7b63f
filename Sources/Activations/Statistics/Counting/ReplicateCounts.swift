/// The kept requests of one layer, ready to be added up in many combinations.
struct ReplicateCounts {
    private let experts: Int
    private let slots: Int
    /// `[slot, expert]`, both phases together.
    private let counts: [Float]

    init(_ kept: KeptRequests) {
        counts = kept.combined()
        slots = kept.count
        experts = slots == 0 ? 0 : counts.count / slots
    }

    /// Loads where request `slot` counts `weights[slot]` times.
    func loads(weights: [UInt32]) -> [Double] {
        var sums = [Float](repeating: 0, count: experts)
        for (slot, weight) in weights.enumerated() where weight > 0 { add(slot, Float(weight), to: &sums) }
        return sums.map { Double($0) }
    }

    /// Mean Jensen–Shannon divergence between a window of the slots, in this order, and all of them.
    func divergenceOfWindows(_ windows: Int, order: [Int]) -> Double {
        var all = [Float](repeating: 0, count: experts)
        let loads = (0..<windows).map { window in
            var sums = [Float](repeating: 0, count: experts)
            for place in window * order.count / windows..<(window + 1) * order.count / windows {
                add(order[place], 1, to: &sums)
            }
            for expert in 0..<experts { all[expert] += sums[expert] }
            return sums.map { Double($0) }
        }
        let total = all.map { Double($0) }
        return loads.reduce(0) { $0 + (Similarity.jensenShannon($1, total) ?? 0) } / Double(windows)
    }

    private func add(_ slot: Int, _ weight: Float, to sums: inout [Float]) {
        // Both buffers have `experts` places from here on: `counts` is `slots` rows of them.
        counts.withUnsafeBufferPointer { counts in
            sums.withUnsafeMutableBufferPointer { sums in
                guard let row = counts.baseAddress.map({ $0 + slot * experts }), let sums = sums.baseAddress else {
                    return
                }
                for expert in 0..<experts { sums[expert] += weight * row[expert] }
            }
        }
    }
}
