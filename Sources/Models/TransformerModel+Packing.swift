import Experts
import Tensors

extension TransformerModel {
    /// The model with its quantised and bfloat16 matrices laid out for products with rounded inputs: faster, and no longer
    /// exact (`ActivationPrecision.int8`). Matrices whose format has no such layout stay as they are.
    ///
    /// Packed matrices are in memory of their own; the mapped file's pages leave memory as they are done with.
    ///
    /// - Parameter progress: told how many of the blocks are done.
    public func packed(pool: ComputePool, progress: (_ blocks: Int) -> Void = { _ in }) -> TransformerModel {
        let arena = WeightArena()
        let packedBlocks = blocks.enumerated().map { index, block in
            defer { progress(index + 1) }
            return block.packed(pool: pool, arena: arena)
        }
        return TransformerModel(
            configuration: configuration, embedding: embedding, blocks: packedBlocks, finalNorm: finalNorm,
            head: head.packed(pool: pool, arena: arena), isTied: isTied)
    }
}

extension TransformerBlock {
    fileprivate func packed(pool: ComputePool, arena: WeightArena) -> TransformerBlock {
        TransformerBlock(
            attentionNorm: attentionNorm, attention: attention.packed(pool: pool, arena: arena),
            feedForwardNorm: feedForwardNorm,
            feedForward: feedForward.packed(pool: pool, arena: arena))
    }
}

extension Projection {
    /// The matrix stays readable: an embedding that is also the output is read row by row.
    fileprivate func packed(pool: ComputePool, arena: WeightArena) -> Projection {
        var copy = self
        copy.packed = matrix.packed(pool: pool, arena: arena)
        return copy
    }
}

extension Attention {
    fileprivate func packed(pool: ComputePool, arena: WeightArena) -> Attention {
        switch self {
        case .grouped(let weights):
            .grouped(
                GroupedAttentionWeights(
                    query: weights.query.packed(pool: pool, arena: arena),
                    key: weights.key.packed(pool: pool, arena: arena),
                    value: weights.value.packed(pool: pool, arena: arena),
                    output: weights.output.packed(pool: pool, arena: arena),
                    queryNorm: weights.queryNorm, keyNorm: weights.keyNorm, sinks: weights.sinks))
        case .latent(let weights):
            .latent(
                LatentAttentionWeights(
                    query: weights.query.packed(pool: pool, arena: arena),
                    compression: weights.compression.map {
                        .init(down: $0.down.packed(pool: pool, arena: arena), norm: $0.norm)
                    },
                    latentDown: weights.latentDown.packed(pool: pool, arena: arena), latentNorm: weights.latentNorm,
                    keyUp: weights.keyUp, valueUp: weights.valueUp,
                    output: weights.output.packed(pool: pool, arena: arena)))
        }
    }
}

extension FeedForward {
    /// Gates of routers stay as they are: a rounded score could choose another expert.
    fileprivate func packed(pool: ComputePool, arena: WeightArena) -> FeedForward {
        switch self {
        case .dense(let weights): .dense(weights.packed(pool: pool, arena: arena))
        case .experts(let layer):
            .experts(
                ExpertLayer(
                    index: layer.index, gate: layer.gate, router: layer.router,
                    weights: layer.weights.packed(pool: pool, arena: arena),
                    shared: layer.shared.map {
                        SharedExpertWeights(weights: $0.weights.packed(pool: pool, arena: arena), gate: $0.gate)
                    }))
        }
    }
}
