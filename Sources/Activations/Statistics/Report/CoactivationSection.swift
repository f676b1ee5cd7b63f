import Foundation

/// Which experts of a layer are chosen together, compared with what their loads alone would make.
///
/// A token's k experts are different ones. By chance a pair would be chosen in proportion to the product of both
/// experts' uses, scaled so that all pairs together are as many as there were: lift is observed over that.
public struct CoactivationSection: Sendable, Equatable, Encodable {
    public struct Pair: Sendable, Equatable, Encodable {
        public let block: Int
        public let first: Int
        public let second: Int
        /// Sampled tokens that chose both.
        public let tokens: Int
        /// Observed over expected; its logarithm to base 2 is the pointwise mutual information.
        public let lift: Double
    }

    public struct Layer: Sendable, Equatable, Encodable {
        public let block: Int
        /// Divergence of the pairs from chance, in bits a pair, less what a sample of this size shows of nothing
        /// (Miller, 1955).
        public let bits: Double
        /// Share of all pairs that are of two experts with a lift of 2 and more.
        public let strongShare: Double
        public let pairs: [Pair]
        /// `[first][second]`, lift; left out where all layers would be too many numbers.
        public let lift: [[Double?]]?
    }

    public let tokens: Int
    public let layers: [Layer]
    /// The strongest of all layers.
    public let pairs: [Pair]

    private static let pairsPerLayer = 5
    private static let strongestPairs = 20
    /// Numbers that the matrices of all layers may have.
    private static let matrixLimit = 120_000
    /// A pair is listed where chance would make at least so many: fewer say nothing about lift.
    static let leastExpected = 10.0

    init?(_ evidence: Evidence) {
        let shape = evidence.shape
        guard shape.topK > 1, let tokens = evidence.layers.first?.pairs?.tokens, tokens > 0 else { return nil }
        self.tokens = tokens
        let withMatrix = shape.layerCount * shape.expertCount * shape.expertCount <= Self.matrixLimit
        layers = evidence.perLayer { layer in
            let counted = layer.pairs.map { PairLifts(tables: $0, experts: shape.expertCount) }
            let block = shape.blocks[layer.layer]
            return Layer(
                block: block, bits: counted?.bits.inReport ?? 0, strongShare: counted?.strongShare.inReport ?? 0,
                pairs: counted?.strongest(Self.pairsPerLayer, block: block) ?? [],
                lift: withMatrix ? counted?.matrix : nil)
        }
        pairs = Array(layers.flatMap(\.pairs).sorted { $0.lift > $1.lift }.prefix(Self.strongestPairs))
    }
}

/// Pairs of one layer against chance.
private struct PairLifts {
    private let tables: PairTables
    private let experts: Int
    private let uses: [Double]
    /// Expected pairs of two experts are the product of their uses times this.
    private let scale: Double
    private let total: Double

    init(tables: PairTables, experts: Int) {
        self.tables = tables
        self.experts = experts
        uses = tables.uses.map { Double($0) }
        var products = 0.0
        var total = 0.0
        for first in 0..<experts {
            for second in (first + 1)..<max(experts, first + 1) {
                products += uses[first] * uses[second]
                total += tables.together(first, second)
            }
        }
        self.total = total
        scale = products > 0 ? total / products : 0
    }

    private func expected(_ first: Int, _ second: Int) -> Double { uses[first] * uses[second] * scale }

    private func forEachPair(_ body: (_ first: Int, _ second: Int, _ observed: Double, _ expected: Double) -> Void) {
        for first in 0..<experts {
            for second in (first + 1)..<max(experts, first + 1) where uses[first] > 0 && uses[second] > 0 {
                body(first, second, tables.together(first, second), expected(first, second))
            }
        }
    }

    var bits: Double {
        var sum = 0.0
        var cells = 0.0
        forEachPair { _, _, observed, expected in
            cells += 1
            if observed > 0, expected > 0 { sum += observed / total * log2(observed / expected) }
        }
        let used = Double(uses.filter { $0 > 0 }.count)
        return total > 0 ? max(0, sum - max(0, cells - used) / (2 * total * log(2))) : 0
    }

    var strongShare: Double {
        var strong = 0.0
        forEachPair { _, _, observed, expected in if observed >= 2 * expected { strong += observed } }
        return total > 0 ? strong / total : 0
    }

    func strongest(_ count: Int, block: Int) -> [CoactivationSection.Pair] {
        var pairs: [CoactivationSection.Pair] = []
        forEachPair { first, second, observed, expected in
            guard expected >= CoactivationSection.leastExpected else { return }
            pairs.append(
                .init(
                    block: block, first: first, second: second, tokens: Int(observed),
                    lift: (observed / expected).inReport))
        }
        return Array(pairs.sorted { $0.lift > $1.lift }.prefix(count))
    }

    var matrix: [[Double?]] {
        (0..<experts).map { first in
            (0..<experts).map { second in
                let expected = expected(first, second)
                guard first != second, expected > 0 else { return nil }
                return ((tables.together(first, second) / expected) * 100).rounded() / 100
            }
        }
    }
}
