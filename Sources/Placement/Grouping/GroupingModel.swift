/// How a request finds its home node: the node that keeps its KV cache and sends its tokens out.
///
/// The model predicts, for each node, how many other nodes a token of the request would visit per layer if that node
/// were its home, from what is known when the request arrives: its prompt's activations, its label, or nothing.
/// `GroupAssigner` takes the node with the lowest predicted cost among those that are not too full.
public struct GroupingModel: Sendable, Equatable, Codable {
    /// What a prediction rests on, from best to least.
    public enum Basis: String, Sendable, Codable, CaseIterable {
        /// Activations of the request's own prompt (or of its first decoded tokens).
        case activations
        /// The request's label was seen in training.
        case label
        /// The label was not, but parts of it were.
        case words
        /// Nothing is known: the cold start.
        case nothing
    }

    /// What the activations of a prompt say.
    public struct Signatures: Sendable, Equatable, Codable {
        /// By node: visits saved per use of an expert if the node were home, `[nodes][layers * experts]`, row-major.
        public let savings: [[Float]]
        /// Visits saved per token and layer by the mean training prompt, `[nodes]`.
        public let mean: [Double]
        /// How much of a difference from that mean lasts into the answer.
        public let weight: Double
        /// How much of a label's costs to add beside a prompt.
        public let labelWeight: Double

        public init(savings: [[Float]], mean: [Double], weight: Double, labelWeight: Double) {
            self.savings = savings
            self.mean = mean
            self.weight = weight
            self.labelWeight = labelWeight
        }

        enum CodingKeys: String, CodingKey {
            case savings, mean, weight
            case labelWeight = "label_weight"
        }
    }

    /// What a place on each node costs, so that requests spread equally, `[nodes]`.
    public let prices: [Double]
    /// Visits per token and layer by home node over all training requests, `[nodes]`.
    public let cold: [Double]
    /// By feature of a label (see `LabelFeatures`): what it adds to `cold`, `[nodes]`.
    public let labels: [String: [Double]]
    /// Nil where the training trace had no prompts.
    public let signatures: Signatures?
    /// A node takes no request that would lift its load above `1 + band` times the mean.
    public let band: Double

    public init(
        prices: [Double], cold: [Double], labels: [String: [Double]] = [:], signatures: Signatures? = nil,
        band: Double = 0.1
    ) {
        self.prices = prices
        self.cold = cold
        self.labels = labels
        self.signatures = signatures
        self.band = band
    }

    public var nodes: Int { cold.count }

    func validate(nodes: Int) throws(PlacementError) {
        try Self.check("prices", prices, nodes)
        try Self.check("cold", cold, nodes)
        for (feature, costs) in labels { try Self.check("labels['\(feature)']", costs, nodes) }
        guard band.isFinite, band >= 0 else {
            throw PlacementError(item: "groups.band", reason: "must be 0 or more")
        }
        guard let signatures else { return }
        try Self.check("signatures.mean", signatures.mean, nodes)
        let widths = Set(signatures.savings.map(\.count))
        guard signatures.savings.count == nodes, widths.count == 1,
            signatures.savings.allSatisfy({ $0.allSatisfy(\.isFinite) })
        else {
            throw PlacementError(
                item: "groups.signatures.savings", reason: "must be \(nodes) rows of one length, all finite")
        }
        guard signatures.weight.isFinite, signatures.labelWeight.isFinite else {
            throw PlacementError(item: "groups.signatures", reason: "weights must be finite")
        }
    }

    private static func check(_ field: String, _ values: [Double], _ nodes: Int) throws(PlacementError) {
        guard values.count == nodes, values.allSatisfy(\.isFinite) else {
            throw PlacementError(item: "groups.\(field)", reason: "must be \(nodes) finite numbers, one a node")
        }
    }
}
