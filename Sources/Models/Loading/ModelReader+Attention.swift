import Checkpoints
import Tensors

extension ModelReader {
    func groupedAttention(_ index: Int) throws -> GroupedAttentionWeights {
        let shape = configuration.attention
        let hidden = configuration.hiddenSize
        let hasBias = shape.hasInputBiases
        let norms: (query: Int, key: Int) =
            switch shape.queryKeyNorm {
            case .none, .afterRotary: (0, 0)
            case .perHead: (shape.headSize, shape.headSize)
            case .wholeWidth: (shape.queryWidth, shape.keyValueWidth)
            }
        return GroupedAttentionWeights(
            query: try projection(index, .query, rows: shape.queryWidth, columns: hidden, hasBias: hasBias),
            key: try projection(index, .key, rows: shape.keyValueWidth, columns: hidden, hasBias: hasBias),
            value: try projection(index, .value, rows: shape.keyValueWidth, columns: hidden, hasBias: hasBias),
            output: try projection(
                index, .attentionOutput, rows: hidden, columns: shape.queryWidth, hasBias: shape.hasOutputBias),
            queryNorm: try tensors.vector(names.weight(index, .queryNorm), count: norms.query, if: norms.query > 0),
            keyNorm: try tensors.vector(names.weight(index, .keyNorm), count: norms.key, if: norms.key > 0),
            sinks: try tensors.vector(names.weight(index, .sinks), count: shape.queryHeads, if: shape.hasSinks))
    }

    func latentAttention(_ index: Int) throws -> LatentAttentionWeights {
        let shape = configuration.attention
        guard let latent = shape.latent else { preconditionFailure("this model has no latent attention") }
        let hidden = configuration.hiddenSize
        let up = try upProjections(index, shape, latent)
        return LatentAttentionWeights(
            query: try projection(
                index, latent.queryRank == nil ? .query : .queryUp, rows: shape.queryWidth,
                columns: latent.queryRank ?? hidden),
            compression: try latent.queryRank.map { rank in
                .init(
                    down: try projection(index, .queryDown, rows: rank, columns: hidden, hasBias: shape.hasInputBiases),
                    norm: try tensors.vector(names.weight(index, .queryDownNorm), count: rank))
            },
            latentDown: try projection(
                index, .latentDown, rows: latent.cacheWidth, columns: hidden, hasBias: shape.hasInputBiases),
            latentNorm: try tensors.vector(names.weight(index, .latentNorm), count: latent.rank),
            keyUp: up.key, valueUp: up.value,
            output: try projection(
                index, .attentionOutput, rows: hidden, columns: shape.attendedWidth, hasBias: shape.hasOutputBias))
    }

    /// Newer GGUF files keep both apart, the keys' turned round; others have one matrix whose rows are, head by head,
    /// those of keys and those of values.
    private func upProjections(
        _ index: Int, _ shape: ModelConfiguration.AttentionShape, _ latent: ModelConfiguration.LatentShape
    ) throws -> (key: [WeightMatrix], value: [WeightMatrix]) {
        let heads = 0..<shape.queryHeads
        let apart = names.weight(index, .latentKey)
        if tensors.contains(apart) {
            let keys = try tensors.matrix(apart, shape: [heads.count, latent.rank, latent.plainSize])
            let values = try tensors.matrix(
                names.weight(index, .latentValue), shape: [heads.count, latent.valueSize, latent.rank])
            return (
                heads.map { keys.rows($0 * latent.rank..<($0 + 1) * latent.rank) },
                heads.map { values.rows($0 * latent.valueSize..<($0 + 1) * latent.valueSize) }
            )
        }
        let size = latent.plainSize + latent.valueSize
        let both = try tensors.matrix(
            names.weight(index, .latentUp), rows: heads.count * size, columns: latent.rank)
        return (
            heads.map { both.rows($0 * size..<$0 * size + latent.plainSize).transposed() },
            heads.map { both.rows($0 * size + latent.plainSize..<($0 + 1) * size) }
        )
    }
}
