import Experts
import Tensors

extension HuggingFaceExport {
    func groupedAttention(_ index: Int) -> [ExportTensor] {
        let shape = reader.configuration.attention
        let hidden = reader.configuration.hiddenSize
        let own = reader
        let bias = shape.hasInputBiases
        func attention() throws -> GroupedAttentionWeights { try lastGrouped.value(index, own.groupedAttention) }
        var tensors =
            projection(
                index, .query, rows: shape.queryWidth, columns: hidden, hasBias: bias, heads: shape.queryHeads
            ) { try attention().query }
            + projection(
                index, .key, rows: shape.keyValueWidth, columns: hidden, hasBias: bias, heads: shape.keyValueHeads
            ) { try attention().key }
            + projection(index, .value, rows: shape.keyValueWidth, columns: hidden, hasBias: bias) {
                try attention().value
            }
            + projection(
                index, .attentionOutput, rows: hidden, columns: shape.queryWidth, hasBias: shape.hasOutputBias
            ) { try attention().output }
        switch shape.queryKeyNorm {
        case .none, .afterRotary: break
        case .perHead, .wholeWidth:
            let isWhole = shape.queryKeyNorm == .wholeWidth
            let (query, key) = (
                isWhole ? shape.queryWidth : shape.headSize, isWhole ? shape.keyValueWidth : shape.headSize
            )
            tensors.append(
                vector(outputNames.weight(index, .queryNorm), block: index, count: query) { try attention().queryNorm })
            tensors.append(
                vector(outputNames.weight(index, .keyNorm), block: index, count: key) { try attention().keyNorm })
        }
        if shape.hasSinks {
            tensors.append(
                vector(outputNames.weight(index, .sinks), block: index, count: shape.queryHeads) {
                    try attention().sinks
                })
        }
        return tensors
    }

    func latentAttention(_ index: Int, _ latent: ModelConfiguration.LatentShape) -> [ExportTensor] {
        let shape = reader.configuration.attention
        let hidden = reader.configuration.hiddenSize
        let own = reader
        let bias = shape.hasInputBiases
        func attention() throws -> LatentAttentionWeights { try lastLatent.value(index, own.latentAttention) }
        func stacked(_ tensor: BlockTensor, _ sizes: [Int], _ read: @escaping () throws -> [WeightMatrix])
            -> ExportTensor
        {
            ExportTensor(
                name: outputNames.weight(index, tensor), shape: sizes, role: .matrix, block: index, read: read)
        }
        var tensors = projection(
            index, latent.queryRank == nil ? .query : .queryUp, rows: shape.queryWidth,
            columns: latent.queryRank ?? hidden, hasBias: false
        ) { try attention().query }
        if let rank = latent.queryRank {
            func compression() throws -> LatentAttentionWeights.QueryCompression {
                guard let compression = try attention().compression else { preconditionFailure("it has a rank") }
                return compression
            }
            tensors += projection(index, .queryDown, rows: rank, columns: hidden, hasBias: bias) {
                try compression().down
            }
            tensors.append(
                vector(outputNames.weight(index, .queryDownNorm), block: index, count: rank) { try compression().norm })
        }
        tensors += projection(index, .latentDown, rows: latent.cacheWidth, columns: hidden, hasBias: bias) {
            try attention().latentDown
        }
        tensors.append(
            vector(outputNames.weight(index, .latentNorm), block: index, count: latent.rank) {
                try attention().latentNorm
            })
        tensors.append(
            stacked(.latentKey, [shape.queryHeads, latent.rank, latent.plainSize]) { try attention().keyUp })
        tensors.append(
            stacked(.latentValue, [shape.queryHeads, latent.valueSize, latent.rank]) { try attention().valueUp })
        return tensors
            + projection(
                index, .attentionOutput, rows: hidden, columns: shape.attendedWidth, hasBias: shape.hasOutputBias
            ) { try attention().output }
    }

    func dense(_ index: Int) -> [ExportTensor] {
        let own = reader
        return network(
            index, .denseGate, .denseUp, .denseDown, width: reader.configuration.denseWidth
        ) { try lastDense.value(index, own.denseNetwork) }
    }

    func experts(_ index: Int) -> [ExportTensor] {
        let shape = reader.configuration.experts
        let hidden = reader.configuration.hiddenSize
        let own = reader
        let prefix = outputNames.block(index)
        func gate() throws -> Projection {
            try own.projection(index, .router, rows: shape.count, columns: hidden, hasBias: shape.hasRouterBias)
        }
        var tensors = [
            ExportTensor(
                name: outputNames.weight(index, .router), shape: [shape.count, hidden], role: .precise, block: index,
                read: { [try gate().matrix] })
        ]
        if shape.hasRouterBias {
            tensors.append(
                vector(outputNames.bias(index, .router), block: index, count: shape.count) { try gate().bias })
        }
        if shape.hasSelectionBias {
            tensors.append(
                vector(outputNames.weight(index, .selectionBias), block: index, count: shape.count) {
                    try own.selectionBias(index)
                })
        }
        for tensor in ExpertTensor.allCases {
            let (rows, columns) = tensor == .down ? (hidden, shape.width) : (shape.width, hidden)
            tensors.append(
                ExportTensor(
                    name: "\(prefix)ffn_\(tensor)_exps.weight", shape: [shape.count, rows, columns], role: .experts,
                    block: index, read: { try own.experts(index, tensor) }))
            if shape.hasBiases {
                tensors.append(
                    ExportTensor(
                        name: "\(prefix)ffn_\(tensor)_exps.bias", shape: [shape.count, rows], role: .precise,
                        block: index,
                        read: { [WeightMatrix.float32(try own.expertBiases(index, tensor), rows: shape.count)] }))
            }
        }
        return tensors + sharedExpert(index)
    }

    private func sharedExpert(_ index: Int) -> [ExportTensor] {
        guard let shape = reader.configuration.experts.shared else { return [] }
        let own = reader
        func shared() throws -> SharedExpertWeights {
            guard let shared = try lastShared.value(index, own.sharedExpert) else {
                preconditionFailure("it has a shape")
            }
            return shared
        }
        let tensors = network(index, .sharedGate, .sharedUp, .sharedDown, width: shape.width) { try shared().weights }
        guard shape.isGated else { return tensors }
        return tensors + [
            vector(
                outputNames.weight(index, .sharedRouter), block: index, count: reader.configuration.hiddenSize
            ) { try shared().gate?.numbers ?? [] }
        ]
    }

    private func network(
        _ index: Int, _ gate: BlockTensor, _ up: BlockTensor, _ down: BlockTensor, width: Int,
        _ read: @escaping () throws -> ExpertWeights
    ) -> [ExportTensor] {
        let hidden = reader.configuration.hiddenSize
        return [
            matrix(outputNames.weight(index, gate), block: index, rows: width, columns: hidden) { try read().gate[0] },
            matrix(outputNames.weight(index, up), block: index, rows: width, columns: hidden) { try read().up[0] },
            matrix(outputNames.weight(index, down), block: index, rows: hidden, columns: width) { try read().down[0] },
        ]
    }
}
