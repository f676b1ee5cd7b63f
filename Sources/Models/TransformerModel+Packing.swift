import Experts
import Tensors

/// What gives a matrix its packed form; nil leaves it as it is.
typealias MatrixPacking = (WeightMatrix) -> PackedMatrix?

/// What takes the time while weights are laid out.
public enum LayoutStep: String, Sendable {
    case packing = "laying out weights"
    case writing = "writing the packed cache"
}

extension TransformerModel {
    /// The model with its quantised and bfloat16 matrices laid out for products with rounded inputs: faster, and no longer
    /// exact (`ActivationPrecision.int8`). Matrices whose format has no such layout stay as they are.
    ///
    /// Packed matrices are in memory of their own, and the mapped file's pages leave memory as they are done with; or they
    /// are in a mapped file of `cache`.
    ///
    /// - Parameters:
    ///   - cache: where they are taken from or, if they are not there, written to.
    ///   - progress: told which share of a step is done.
    public func packed(
        pool: ComputePool, cache: PackedCache? = nil, progress: (LayoutStep, _ share: Double) -> Void = { _, _ in }
    ) -> TransformerModel {
        let plan = packingPlan()
        guard plan.byteCount > 0 else { return self }
        let file = cache?.file(for: plan, of: files)
        if let stretch = file?.load(pool: pool) { return packed(as: plan, in: stretch) }
        progress(.packing, 0)
        let stretch = plan.pack(pool: pool) { progress(.packing, $0) }
        if let file {
            progress(.writing, 0)
            file.store(stretch, pool: pool) { progress(.writing, $0) }
        }
        return packed(as: plan, in: stretch)
    }

    /// Bytes that `packed` would lay out; 0 where no matrix has a format for it.
    var packedByteCount: Int { packingPlan().byteCount }

    /// What is packed, in the order in which `packed(by:)` asks.
    private func packingPlan() -> PackingPlan {
        var plan = PackingPlan()
        _ = packed { matrix in
            plan.add(matrix)
            return nil
        }
        return plan
    }

    /// With the matrices that `stretch` holds according to `plan`, which is this model's.
    private func packed(as plan: PackingPlan, in stretch: ByteRegion) -> TransformerModel {
        var next = 0
        return packed { matrix in
            guard PackedMatrix.byteCount(matrix.type, rows: matrix.rows, columns: matrix.columns) != nil else {
                return nil
            }
            defer { next += 1 }
            return plan.matrix(next, in: stretch)
        }
    }

    private func packed(by packing: MatrixPacking) -> TransformerModel {
        TransformerModel(
            configuration: configuration, embedding: embedding, blocks: blocks.map { $0.packed(by: packing) },
            finalNorm: finalNorm, head: head.packed(by: packing), isTied: isTied, files: files)
    }
}

extension TransformerBlock {
    fileprivate func packed(by packing: MatrixPacking) -> TransformerBlock {
        TransformerBlock(
            attentionNorm: attentionNorm, attention: attention.packed(by: packing), feedForwardNorm: feedForwardNorm,
            feedForward: feedForward.packed(by: packing))
    }
}

extension Projection {
    /// The matrix stays readable: an embedding that is also the output is read row by row.
    fileprivate func packed(by packing: MatrixPacking) -> Projection {
        var copy = self
        copy.packed = packing(matrix)
        return copy
    }
}

extension Attention {
    fileprivate func packed(by packing: MatrixPacking) -> Attention {
        switch self {
        case .grouped(let weights):
            .grouped(
                GroupedAttentionWeights(
                    query: weights.query.packed(by: packing),
                    key: weights.key.packed(by: packing),
                    value: weights.value.packed(by: packing),
                    output: weights.output.packed(by: packing),
                    queryNorm: weights.queryNorm, keyNorm: weights.keyNorm, sinks: weights.sinks))
        case .latent(let weights):
            .latent(
                LatentAttentionWeights(
                    query: weights.query.packed(by: packing),
                    compression: weights.compression.map {
                        .init(down: $0.down.packed(by: packing), norm: $0.norm)
                    },
                    latentDown: weights.latentDown.packed(by: packing), latentNorm: weights.latentNorm,
                    keyUp: weights.keyUp, valueUp: weights.valueUp,
                    output: weights.output.packed(by: packing)))
        }
    }
}

extension FeedForward {
    /// Gates of routers stay as they are: a rounded score could choose another expert.
    fileprivate func packed(by packing: MatrixPacking) -> FeedForward {
        switch self {
        case .dense(let weights): .dense(weights.packed(by: packing))
        case .experts(let layer):
            .experts(
                ExpertLayer(
                    index: layer.index, gate: layer.gate, router: layer.router,
                    weights: layer.weights.packed(by: packing),
                    shared: layer.shared.map {
                        SharedExpertWeights(weights: $0.weights.packed(by: packing), gate: $0.gate)
                    }))
        }
    }
}
