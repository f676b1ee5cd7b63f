import Checkpoints
import Experts
import Routing
import Tensors

extension ModelReader {
    func expertLayer(_ index: Int, moeIndex: Int) throws -> ExpertLayer {
        let shape = configuration.experts
        return ExpertLayer(
            index: moeIndex,
            gate: try projection(
                index, .router, rows: shape.count, columns: configuration.hiddenSize, hasBias: shape.hasRouterBias),
            router: try router(index), weights: try expertWeights(index), shared: try sharedExpert(index))
    }

    private func router(_ index: Int) throws -> any Router {
        let shape = configuration.experts
        switch shape.routing {
        case .topK(let policy):
            return TopKRouter(
                expertCount: shape.count, expertsPerToken: shape.perToken, policy: policy,
                selectionBias: try selectionBias(index))
        case .sparseMixer(let jitter): return SparseMixerRouter(expertCount: shape.count, jitter: jitter)
        }
    }

    func selectionBias(_ index: Int) throws -> [Float] {
        let shape = configuration.experts
        let name = names.weight(index, .selectionBias)
        return try tensors.vector(name, count: shape.count, if: shape.hasSelectionBias)
    }

    private func expertWeights(_ index: Int) throws -> ExpertWeights {
        let shape = configuration.experts
        let biases =
            try shape.hasBiases
            ? ExpertBiases(
                gate: expertBiases(index, .gate), up: expertBiases(index, .up), down: expertBiases(index, .down)) : nil
        return ExpertWeights(
            gate: try experts(index, .gate), up: try experts(index, .up), down: try experts(index, .down),
            activation: shape.activation, biases: biases)
    }

    func denseNetwork(_ index: Int) throws -> ExpertWeights {
        try network(index, gate: .denseGate, up: .denseUp, down: .denseDown, width: configuration.denseWidth)
    }

    func sharedExpert(_ index: Int) throws -> SharedExpertWeights? {
        guard let shape = configuration.experts.shared else { return nil }
        let name = names.weight(index, .sharedRouter)
        // GGUF keeps the gate as a vector.
        let isVector = shape.isGated && tensors.source.entries.first { $0.name == name }?.shape.count == 1
        return SharedExpertWeights(
            weights: try network(index, gate: .sharedGate, up: .sharedUp, down: .sharedDown, width: shape.width),
            gate: shape.isGated
                ? try tensors.matrix(name, shape: (isVector ? [] : [1]) + [configuration.hiddenSize]) : nil)
    }

    /// Gate and up projection are two tensors or, under one name, one with the gate's rows first.
    private func network(_ index: Int, gate: BlockTensor, up: BlockTensor, down: BlockTensor, width: Int) throws
        -> ExpertWeights
    {
        let hidden = configuration.hiddenSize
        let inputs: [WeightMatrix]
        if names.weight(index, gate) == names.weight(index, up) {
            let both = try projection(index, gate, rows: 2 * width, columns: hidden).matrix
            inputs = [both.rows(0..<width), both.rows(width..<2 * width)]
        } else {
            inputs = [
                try projection(index, gate, rows: width, columns: hidden).matrix,
                try projection(index, up, rows: width, columns: hidden).matrix,
            ]
        }
        return ExpertWeights(
            gate: [inputs[0]], up: [inputs[1]],
            down: [try projection(index, down, rows: hidden, columns: width).matrix])
    }
}
