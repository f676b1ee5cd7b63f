/// How often two experts are chosen for the same token: within one layer, and by one layer and the next.
struct PairTables {
    private let experts: Int
    /// `[first, second]` within the layer, in order of choice.
    private var within: [UInt32]
    /// `[expert here, expert of the next layer]` of each random half of the requests; empty for the last layer.
    private var next: [[UInt32]]
    /// Uses of each expert in the sampled tokens.
    private(set) var uses: [UInt32]
    private(set) var tokens = 0

    init(experts: Int, hasNext: Bool) {
        self.experts = experts
        within = [UInt32](repeating: 0, count: experts * experts)
        next = hasNext ? [within, within] : []
        uses = [UInt32](repeating: 0, count: experts)
    }

    var hasNext: Bool { !next.isEmpty }

    /// Counts the pairs of all tokens of `rows`, which belong to requests of one half.
    mutating func add(_ rows: LayerRows, half: Int) {
        tokens += rows.tokens
        countUses(rows)
        Self.countWithin(rows, experts: experts, into: &within)
        if hasNext { Self.countNext(rows, experts: experts, into: &next[half]) }
    }

    private mutating func countUses(_ rows: LayerRows) {
        uses.withUnsafeMutableBufferPointer { uses in
            for token in 0..<rows.tokens {
                let row = rows.row(token)
                for choice in 0..<rows.topK where Int(row[choice]) < uses.count { uses[Int(row[choice])] &+= 1 }
            }
        }
    }

    private static func countWithin(_ rows: LayerRows, experts: Int, into table: inout [UInt32]) {
        table.withUnsafeMutableBufferPointer { table in
            for token in 0..<rows.tokens {
                let row = rows.row(token)
                for choice in 0..<rows.topK {
                    let expert = Int(row[choice])
                    guard expert < experts else { continue }
                    var later = choice + 1
                    while later < rows.topK {
                        let other = Int(row[later])
                        if other < experts { table[expert * experts + other] &+= 1 }
                        later += 1
                    }
                }
            }
        }
    }

    private static func countNext(_ rows: LayerRows, experts: Int, into table: inout [UInt32]) {
        table.withUnsafeMutableBufferPointer { table in
            for token in 0..<rows.tokens {
                let row = rows.row(token)
                let nextRow = row + rows.topK
                for choice in 0..<rows.topK {
                    let expert = Int(row[choice])
                    guard expert < experts else { continue }
                    for following in 0..<rows.topK where Int(nextRow[following]) < experts {
                        table[expert * experts + Int(nextRow[following])] &+= 1
                    }
                }
            }
        }
    }

    /// Tokens that chose both, a ≠ b.
    func together(_ a: Int, _ b: Int) -> Double { Double(within[a * experts + b]) + Double(within[b * experts + a]) }

    /// Row `expert` of the transitions that requests of one half made.
    func transitions(half: Int, from expert: Int) -> ArraySlice<UInt32> {
        next[half][expert * experts..<(expert + 1) * experts]
    }
}
