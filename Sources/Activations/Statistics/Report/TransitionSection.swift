import Foundation

/// Whether a token's experts in one layer tell those in the next.
///
/// For each expert the likeliest experts of the next layer are learnt from one random half of the requests; coverage is
/// the share of the other half's transitions that go to them. Candidates by popularity alone stand beside it.
public struct TransitionSection: Sendable, Equatable, Encodable {
    public struct Layer: Sendable, Equatable, Encodable {
        /// Transformer blocks on both sides.
        public let block: Int
        public let nextBlock: Int
        /// Mutual information between an expert here and one in the next layer of the same token, in bits, less what a
        /// sample of this size shows of nothing (Miller, 1955). nil where no token uses both layers.
        public let mutualInformation: Double?
        /// The same over the entropy of the next layer's experts.
        public let explained: Double?
        /// By share of candidates, in the order of `candidateShares`; nil where a half is empty.
        public let coverage: [Double]?
        public let popularCoverage: [Double]?
    }

    public let candidateShares: [Double]
    public let layers: [Layer]
    /// Over the layers that tell one.
    public let meanCoverage: [Double]?
    public let meanPopularCoverage: [Double]?
    public let meanMutualInformation: Double?

    private static let shares = [0.05, 0.1, 0.2, 0.3, 0.5]

    init?(_ evidence: Evidence) {
        let shape = evidence.shape
        guard shape.layerCount > 1, let tokens = evidence.layers.first?.pairs?.tokens, tokens > 0 else { return nil }
        candidateShares = Self.shares
        layers = evidence.perLayer { layer -> Layer? in
            guard let tables = layer.pairs, tables.hasNext else { return nil }
            let joint = JointTable(tables: tables, experts: shape.expertCount)
            let candidates = Self.shares.map { max(1, Int(($0 * Double(shape.expertCount)).rounded())) }
            let coverage = joint.coverage(candidates)
            return Layer(
                block: shape.blocks[layer.layer], nextBlock: shape.blocks[layer.layer + 1],
                mutualInformation: joint.mutualInformation?.inReport, explained: joint.explained?.inReport,
                coverage: coverage?.learnt.map(\.inReport), popularCoverage: coverage?.popular.map(\.inReport))
        }.compactMap { $0 }
        meanCoverage = Self.mean(layers.compactMap(\.coverage))
        meanPopularCoverage = Self.mean(layers.compactMap(\.popularCoverage))
        meanMutualInformation = layers.map(\.mutualInformation).knownMean
    }

    private static func mean(_ curves: [[Double]]) -> [Double]? {
        guard let first = curves.first else { return nil }
        return first.indices.map { index in curves.reduce(0) { $0 + $1[index] } / Double(curves.count) }
    }
}

/// Transitions between two layers.
private struct JointTable {
    private let tables: PairTables
    private let experts: Int
    private var rows: [Double]
    private var columns: [Double]
    private let total: Double

    init(tables: PairTables, experts: Int) {
        self.tables = tables
        self.experts = experts
        rows = [Double](repeating: 0, count: experts)
        columns = rows
        for half in 0..<2 {
            for expert in 0..<experts {
                for (next, count) in tables.transitions(half: half, from: expert).enumerated() {
                    rows[expert] += Double(count)
                    columns[next] += Double(count)
                }
            }
        }
        total = rows.reduce(0, +)
    }

    /// nil without transitions.
    var mutualInformation: Double? {
        guard total > 0 else { return nil }
        var bits = 0.0
        for expert in 0..<experts where rows[expert] > 0 {
            let halves = zip(tables.transitions(half: 0, from: expert), tables.transitions(half: 1, from: expert))
            for (next, (a, b)) in halves.enumerated() where a > 0 || b > 0 {
                let count = Double(a) + Double(b)
                bits += count / total * log2(count * total / (rows[expert] * columns[next]))
            }
        }
        let freedom = Double(rows.filter { $0 > 0 }.count - 1) * Double(columns.filter { $0 > 0 }.count - 1)
        return max(0, bits - freedom / (2 * total * log(2)))
    }

    var explained: Double? {
        guard let mutualInformation else { return nil }
        let entropy = columns.filter { $0 > 0 }.reduce(0) { $0 - $1 / total * log2($1 / total) }
        return entropy > 0 ? mutualInformation / entropy : 0
    }

    /// Share of the second half's transitions to each expert's most frequent successors in the first half, and to the
    /// first half's most popular experts, for each number of candidates.
    func coverage(_ candidates: [Int]) -> (learnt: [Double], popular: [Double])? {
        var learnt = [Double](repeating: 0, count: candidates.count)
        var popular = learnt
        var checked = 0.0
        var popularity = [UInt32](repeating: 0, count: experts)
        for expert in 0..<experts {
            for (next, count) in tables.transitions(half: 0, from: expert).enumerated() { popularity[next] &+= count }
        }
        let byPopularity = Self.falling(popularity[...], ties: popularity)
        for expert in 0..<experts {
            let test = Array(tables.transitions(half: 1, from: expert))
            let bySuccession = Self.falling(tables.transitions(half: 0, from: expert), ties: popularity)
            checked += test.reduce(0) { $0 + Double($1) }
            for (index, count) in candidates.enumerated() {
                learnt[index] += bySuccession.prefix(count).reduce(0) { $0 + Double(test[$1]) }
                popular[index] += byPopularity.prefix(count).reduce(0) { $0 + Double(test[$1]) }
            }
        }
        guard checked > 0, popularity.contains(where: { $0 > 0 }) else { return nil }
        return (learnt.map { $0 / checked }, popular.map { $0 / checked })
    }

    /// Experts by falling count, then falling popularity, then id.
    private static func falling(_ counts: ArraySlice<UInt32>, ties: [UInt32]) -> [Int] {
        let counts = Array(counts)
        return counts.indices.sorted { (counts[$1], ties[$1], $0) < (counts[$0], ties[$0], $1) }
    }
}
