import Activations
import Tensors

/// What the blocks of encoder and decoder have in common, done on one workspace: each step normalises the residual
/// stream, computes an update and adds it.
final class SwitchSteps {
    let workspace: Workspace
    private let configuration: SwitchConfiguration
    let pool: ComputePool
    private let kernels = Kernels.selected
    private let attention: BiasedAttention
    /// The encoder's blocks, then the decoder's.
    private let feedForward: FeedForwardBlock

    init(_ model: SwitchTransformer, pool: ComputePool, maxTokens: Int, observer: (any RoutingObserver)?) {
        configuration = model.configuration
        self.pool = pool
        workspace = Workspace(configuration, tokens: maxTokens)
        attention = BiasedAttention(
            heads: configuration.heads, headSize: configuration.headSize, pool: pool, kernels: .selected)
        feedForward = FeedForwardBlock(
            (model.encoder.blocks + model.decoder.blocks).map(\.feedForward), hiddenSize: configuration.hiddenSize,
            pool: pool, maxBatch: maxTokens, observer: observer)
    }

    /// Begins the residual stream.
    func embed(_ tokens: some Collection<Int32>, _ embedding: WeightMatrix) {
        for (row, token) in tokens.enumerated() {
            kernels.dequantize(
                embedding, row: Int(token), into: workspace.residual.pointer + row * embedding.columns)
        }
    }

    func normalise(_ norm: Norm, tokens: Int) {
        let width = configuration.hiddenSize
        pool.forEach(count: tokens, grain: 16) { range, _ in
            for token in range {
                kernels.normalise(
                    workspace.residual.pointer + token * width, norm, epsilon: configuration.normEpsilon,
                    output: workspace.normalised.pointer + token * width)
            }
        }
    }

    /// `output = matrix · normalised`.
    func project(_ matrix: WeightMatrix, tokens: Int, to output: UnsafeMutablePointer<Float>) {
        pool.multiply(matrix, input: workspace.normalised.pointer, tokens: tokens, output: output)
    }

    /// Attention of the normalised hidden states to `keys`, which may be made of them.
    func attend(
        _ weights: SwitchAttention, tokens: Int, to keys: BiasedAttention.Keys, sight: BiasedAttention.Sight,
        bias: PositionBias?
    ) {
        project(weights.query, tokens: tokens, to: workspace.queries.pointer)
        attention.attend(
            queries: workspace.queries.pointer, count: tokens, to: keys, sight: sight, bias: bias,
            output: workspace.attended.pointer)
        pool.multiply(
            weights.output, input: workspace.attended.pointer, tokens: tokens, output: workspace.update.pointer)
        addUpdate(tokens: tokens)
    }

    /// - Parameter index: counts the encoder's blocks, then the decoder's.
    func runFeedForward(_ block: SwitchBlock, index: Int, tokens: Int) {
        normalise(block.feedForwardNorm, tokens: tokens)
        feedForward.run(
            block.feedForward, block: index, tokens: tokens, hidden: workspace.normalised.pointer,
            output: workspace.update.pointer)
        addUpdate(tokens: tokens)
    }

    private func addUpdate(tokens: Int) {
        kernels.add(
            workspace.residual.pointer, workspace.update.pointer, count: tokens * configuration.hiddenSize)
    }
}
