/// How a request finds its home node: the node that keeps its KV cache and sends its tokens out.
///
/// The model predicts, for each node, how many other nodes a token of the request would visit per layer if that node
/// were its home, from what is known when the request arrives: its prompt's activations, else its label, else nothing.
/// `GroupAssigner` takes the node with the lowest predicted cost among those that are not too full.
public struct GroupingModel: Sendable, Equatable, Codable {
    /// What a prediction rests on, from best to least.
    public enum Basis: String, Sendable, Codable, CaseIterable {
        /// Activations of the request's own prompt (or of its first decoded tokens).
        case activations
        /// The request's label was seen in training.
        case label
        /// The label was not, but words of it were.
        case words
        /// Nothing is known: the cold start.
        case nothing
    }

    /// Remote nodes a token visits per layer, by home node, over all requests: `[nodes]`. Includes what keeps the
    /// nodes equally full (the prices of their places).
    public let cold: [Double]
    /// By feature of a label (see `LabelFeatures`): what it adds to `cold`, `[nodes]`.
    public let labels: [String: [Double]]
    /// By node: the remote nodes saved per use of each expert, `[nodes][layers * experts]`, row-major by layer; empty
    /// where the training trace had no prompts or is too large for it.
    public let signatures: [[Float]]
    /// How many prompt tokens weigh as much as the label.
    public let labelStrength: Double
    /// A node takes no request while its load is above `1 + band` times the mean.
    public let band: Double

    public init(
        cold: [Double], labels: [String: [Double]] = [:], signatures: [[Float]] = [], labelStrength: Double = 32,
        band: Double = 0.1
    ) {
        self.cold = cold
        self.labels = labels
        self.signatures = signatures
        self.labelStrength = labelStrength
        self.band = band
    }

    enum CodingKeys: String, CodingKey {
        case cold, labels, signatures, band
        case labelStrength = "label_strength"
    }

    public var nodes: Int { cold.count }

    func validate(nodes: Int) throws(PlacementError) {
        guard cold.count == nodes, cold.allSatisfy(\.isFinite) else {
            throw PlacementError(item: "groups.cold", reason: "must be \(nodes) finite numbers, one a node")
        }
        for (feature, costs) in labels where costs.count != nodes || !costs.allSatisfy(\.isFinite) {
            throw PlacementError(
                item: "groups.labels['\(feature)']", reason: "must be \(nodes) finite numbers, one a node")
        }
        let widths = Set(signatures.map(\.count))
        guard signatures.isEmpty || (signatures.count == nodes && widths.count == 1) else {
            throw PlacementError(item: "groups.signatures", reason: "must be empty or \(nodes) rows of one length")
        }
        guard labelStrength.isFinite, labelStrength >= 0, band.isFinite, band >= 0 else {
            throw PlacementError(item: "groups", reason: "label_strength and band must be 0 or more")
        }
    }
}
