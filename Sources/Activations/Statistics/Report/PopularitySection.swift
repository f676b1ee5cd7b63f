/// Whether loads by rank follow Zipf's law, layer by layer.
public struct PopularitySection: Sendable, Equatable, Encodable {
    public struct Layer: Sendable, Equatable, Encodable {
        public let block: Int
        /// nil without assignments.
        public let figures: PopularityFigures?
    }

    public let layers: [Layer]
    /// How many layers each law describes, by its name.
    public let lawCounts: [String: Int]
    /// Both over the layers that have an exponent.
    public let zipfExponent: Spread?
    public let zipfDistance: Spread?
    /// The distance up to which a law counts as describing a layer.
    public let threshold = PopularityFigures.threshold

    init(_ evidence: Evidence) {
        layers = evidence.perLayer { layer in
            let requests = (0..<layer.kept.count).map { slot in
                zip(layer.kept.prefill(slot), layer.kept.decode(slot)).map { Double($0) + Double($1) }
            }
            return Layer(
                block: evidence.shape.blocks[layer.layer],
                figures: PopularityFigures(loads: Evidence.loads(layer), requests: requests))
        }
        let figures = layers.compactMap(\.figures)
        var counts: [String: Int] = [:]
        for figure in figures { counts[figure.law.rawValue, default: 0] += 1 }
        lawCounts = counts
        zipfExponent = Spread(figures.compactMap(\.zipfExponent))
        zipfDistance = Spread(figures.filter { $0.zipfExponent != nil }.map(\.distance.zipf))
    }
}
