import Routing
import Synchronization

/// Hears every routing decision and counts tokens per expert.
public protocol RoutingObserver: Sendable {
    /// Called once per MoE layer and micro-batch on the engine's thread, so it must be quick.
    ///
    /// - Parameter layer: index among the MoE layers, in model order.
    func routed(layer: Int, decision: RoutingDecision)
}

/// Tokens per expert and MoE layer since it was made. One thread counts, any thread may take a snapshot.
public final class ExpertLoadCounter: RoutingObserver {
    private let blocks: [Int]
    private let counts: Mutex<[[UInt64]]>

    /// - Parameters:
    ///   - blocks: Transformer block of each MoE layer.
    ///   - expertCount: experts per layer.
    public init(blocks: [Int], expertCount: Int) {
        self.blocks = blocks
        counts = Mutex(blocks.map { _ in [UInt64](repeating: 0, count: expertCount) })
    }

    public func routed(layer: Int, decision: RoutingDecision) {
        counts.withLock { counts in
            for expert in decision.experts where expert >= 0 { counts[layer][Int(expert)] += 1 }
        }
    }

    public func snapshot() -> ExpertLoads {
        let counts = counts.withLock { $0 }
        return ExpertLoads(layers: zip(blocks, counts).map { ExpertLoads.Layer(block: $0, tokens: $1) })
    }
}
