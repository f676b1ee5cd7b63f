/// How alike the loads of domains are: between two different ones off the diagonal, and on it between two random halves
/// of one domain's requests, which is what chance alone makes.
public struct DomainSection: Sendable, Equatable, Encodable {
    /// `[domain][domain]`, symmetric; nil where one has no assignments.
    public struct Matrices: Sendable, Equatable, Encodable {
        public let cosine: [[Double?]]
        /// In bits.
        public let jensenShannon: [[Double?]]
        /// Mean Jensen–Shannon divergence off the diagonal.
        public let between: Double?
        /// And on it.
        public let within: Double?
    }

    public struct Layer: Sendable, Equatable, Encodable {
        public let block: Int
        public let matrices: Matrices
    }

    public let names: [String]
    public let layers: [Layer]
    /// Over the layers.
    public let mean: Matrices

    init?(_ evidence: Evidence) {
        let names = evidence.domains.map(\.name)
        guard !names.isEmpty else { return nil }
        self.names = names
        layers = evidence.perLayer { layer in
            Layer(
                block: evidence.shape.blocks[layer.layer],
                matrices: Matrices(halves: (0..<2 * names.count).map { layer.domains.row($0) }))
        }
        mean = Matrices(meanOf: layers.map(\.matrices))
    }
}

extension DomainSection.Matrices {
    /// - Parameter halves: loads of both halves of the first domain, of the second, …
    init(halves: [[Double]]) {
        let count = halves.count / 2
        let whole = (0..<count).map { Self.sum(halves[2 * $0], halves[2 * $0 + 1]) }
        var cosine = [[Double?]](repeating: [Double?](repeating: nil, count: count), count: count)
        var jensenShannon = cosine
        for row in 0..<count {
            for column in row..<count {
                let (a, b) = row == column ? (halves[2 * row], halves[2 * row + 1]) : (whole[row], whole[column])
                cosine[row][column] = Similarity.cosine(a, b)
                cosine[column][row] = cosine[row][column]
                jensenShannon[row][column] = Similarity.jensenShannon(a, b)
                jensenShannon[column][row] = jensenShannon[row][column]
            }
        }
        self.init(cosine: cosine, jensenShannon: jensenShannon)
    }

    init(meanOf layers: [DomainSection.Matrices]) {
        self.init(
            cosine: Self.mean(ofMatrices: layers.map(\.cosine)),
            jensenShannon: Self.mean(ofMatrices: layers.map(\.jensenShannon)))
    }

    private init(cosine: [[Double?]], jensenShannon: [[Double?]]) {
        let places = jensenShannon.indices.flatMap { row in jensenShannon.indices.map { (row, $0) } }
        between = places.filter { $0.0 != $0.1 }.map { jensenShannon[$0.0][$0.1] }.knownMean
        within = places.filter { $0.0 == $0.1 }.map { jensenShannon[$0.0][$0.1] }.knownMean
        self.cosine = cosine.map { $0.map { $0?.inReport } }
        self.jensenShannon = jensenShannon.map { $0.map { $0?.inReport } }
    }

    private static func sum(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }

    private static func mean(ofMatrices matrices: [[[Double?]]]) -> [[Double?]] {
        let count = matrices.first?.count ?? 0
        return (0..<count).map { row in
            (0..<count).map { column in matrices.map { $0[row][column] }.knownMean }
        }
    }
}
