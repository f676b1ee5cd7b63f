/// Load of every expert and how uneven it is.
public struct LoadSection: Sendable, Equatable, Encodable {
    public struct Layer: Sendable, Equatable, Encodable {
        public let block: Int
        /// Assignments of each expert while prompts were read.
        public let prefill: [UInt64]
        /// Assignments of each expert while answers were made.
        public let decode: [UInt64]
        /// Of both phases together; nil without assignments.
        public let figures: LoadFigures?
    }

    public let layers: [Layer]
    /// Over the layers that have assignments.
    public let maxOverMean: Spread?
    public let coefficientOfVariation: Spread?
    public let gini: Spread?
    public let entropy: Spread?
    /// In all layers.
    public let deadExperts: Int

    init(_ evidence: Evidence) {
        layers = evidence.layers.map { layer in
            Layer(
                block: evidence.shape.blocks[layer.layer], prefill: layer.prefill, decode: layer.decode,
                figures: LoadFigures(loads: Evidence.loads(layer)))
        }
        let figures = layers.compactMap(\.figures)
        maxOverMean = Spread(figures.map(\.maxOverMean))
        coefficientOfVariation = Spread(figures.map(\.coefficientOfVariation))
        gini = Spread(figures.map(\.gini))
        entropy = Spread(figures.map(\.entropy))
        deadExperts = figures.reduce(0) { $0 + $1.deadExperts }
    }
}
