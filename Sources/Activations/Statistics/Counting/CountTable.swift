/// Rows of counts, one count for each expert; grows with the rows that are used.
struct CountTable {
    private let experts: Int
    private var values: [UInt64] = []

    init(experts: Int) { self.experts = experts }

    var rows: Int { values.count / max(1, experts) }

    mutating func add(row: Int, _ counts: UnsafePointer<UInt32>) {
        let needed = (row + 1) * experts
        if values.count < needed { values.append(contentsOf: repeatElement(0, count: needed - values.count)) }
        // The row is inside `values` by the line above; `counts` has one entry an expert.
        values.withUnsafeMutableBufferPointer { values in
            guard let start = values.baseAddress else { return }
            let sums = start + row * experts
            for expert in 0..<experts { sums[expert] &+= UInt64(counts[expert]) }
        }
    }

    /// Rows 2i and 2i + 1 become row i.
    mutating func mergePairs() {
        let merged = (rows + 1) / 2
        for row in 0..<merged {
            for expert in 0..<experts {
                let second = (2 * row + 1) * experts + expert
                values[row * experts + expert] =
                    values[2 * row * experts + expert] + (second < values.count ? values[second] : 0)
            }
        }
        values.removeLast((rows - merged) * experts)
    }

    /// Zeros for a row that was never used.
    func row(_ row: Int) -> [Double] {
        guard row < rows else { return [Double](repeating: 0, count: experts) }
        return values[row * experts..<(row + 1) * experts].map { Double($0) }
    }
}
