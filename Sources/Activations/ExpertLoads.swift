/// How many tokens each expert of each MoE layer has handled: a snapshot, layer by layer in model order.
public struct ExpertLoads: Sendable, Equatable {
    /// `layers[i].tokens[e]` counts (token, expert) assignments.
    public struct Layer: Sendable, Equatable {
        /// Index of the Transformer block (dense blocks have no entry).
        public let block: Int
        public let tokens: [UInt64]

        public init(block: Int, tokens: [UInt64]) {
            self.block = block
            self.tokens = tokens
        }

        /// Share of this layer's assignments that each expert got; all 0 before the first token.
        public var shares: [Double] {
            let total = tokens.reduce(0, +)
            return total == 0 ? tokens.map { _ in 0 } : tokens.map { Double($0) / Double(total) }
        }
    }

    public let layers: [Layer]

    public init(layers: [Layer]) { self.layers = layers }
}
