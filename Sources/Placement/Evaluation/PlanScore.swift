/// What a plan costs on given requests: nodes that tokens must reach, and how equally the devices are loaded.
///
/// **Bytes.** In each layer a token is sent once to every node other than its home that computes one of its experts
/// (de-duplicated per node), and one sum comes back. `remoteNodes` counts these visits; bytes are visits times the
/// bytes of one hidden state, once for dispatch and once for combine.
///
/// **Which copy computes.** A copy on the token's home node where there is one, else any copy; among several on equal
/// terms (on the home node, or all copies where none is there) the assignments are split evenly and independently,
/// and the score is the expectation of that.
public struct PlanScore: Sendable, Equatable {
    public struct Layer: Sendable, Equatable {
        public let block: Int
        /// Expected visits of tokens to nodes other than their home.
        public internal(set) var remoteNodes: Double
        /// Expected assignments each device computes.
        public internal(set) var deviceLoads: [Double]

        /// Largest over mean load of the devices; 1 where nothing was computed.
        public var imbalance: Double {
            let total = deviceLoads.reduce(0, +)
            return total > 0 ? (deviceLoads.max() ?? 0) * Double(deviceLoads.count) / total : 1
        }
    }

    public internal(set) var tokens: Int
    public internal(set) var layers: [Layer]

    /// Visits per token, summed over layers.
    public var remoteNodesPerToken: Double {
        tokens == 0 ? 0 : layers.reduce(0) { $0 + $1.remoteNodes } / Double(tokens)
    }

    /// Mean over layers of largest over mean device load.
    public var imbalance: Double {
        layers.isEmpty ? 1 : layers.reduce(0) { $0 + $1.imbalance } / Double(layers.count)
    }

    /// Bytes that cross nodes per token: each visit sends a hidden state out and a sum back.
    public func bytesPerToken(hiddenSize: Int, dispatchBytes: Double = 2, combineBytes: Double = 2) -> Double {
        remoteNodesPerToken * Double(hiddenSize) * (dispatchBytes + combineBytes)
    }
}
