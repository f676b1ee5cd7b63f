import Activations
import Tensors

/// Runs a Switch Transformer on one sequence at a time. Owned by one thread, with the compute pool that it was given.
///
/// An expert's capacity counts the tokens of one call, as it does in transformers: all of the prompt in `encode`, and
/// in `decode` the tokens given at once. An answer that is decoded token by token, with keys and values kept, is
/// therefore never short of capacity (one that is not 0), as in transformers' `generate`; decoded at once, as in
/// training, it may be, and then later tokens that find their expert full differ.
public final class SwitchTransformerRunner {
    public let model: SwitchTransformer
    /// Tokens that `encode` and `decode` take at most.
    public let maxTokens: Int
    private let pool: ComputePool
    private let kernels = Kernels.selected
    private let attention: BiasedAttention
    /// The encoder's blocks, then the decoder's.
    private let feedForward: FeedForwardBlock
    private let workspace: SwitchWorkspace
    private let encoderBias: PositionBias
    private let decoderBias: PositionBias

    public init(
        model: SwitchTransformer, pool: ComputePool, maxTokens: Int, observer: (any RoutingObserver)? = nil
    ) {
        precondition(maxTokens > 0)
        let configuration = model.configuration
        self.model = model
        self.maxTokens = maxTokens
        self.pool = pool
        attention = BiasedAttention(
            heads: configuration.heads, headSize: configuration.headSize, pool: pool, kernels: .selected)
        feedForward = FeedForwardBlock(
            (model.encoder.blocks + model.decoder.blocks).map(\.feedForward), hiddenSize: configuration.hiddenSize,
            pool: pool, maxBatch: maxTokens, observer: observer)
        workspace = SwitchWorkspace(configuration, tokens: maxTokens)
        func bias(_ stack: SwitchStack, bidirectional: Bool) -> PositionBias {
            PositionBias(
                weights: stack.positionBias,
                buckets: RelativePositionBuckets(
                    count: configuration.positionBuckets, reach: configuration.positionReach,
                    isBidirectional: bidirectional),
                heads: configuration.heads)
        }
        encoderBias = bias(model.encoder, bidirectional: true)
        decoderBias = bias(model.decoder, bidirectional: false)
    }

    /// Runs the encoder on a whole prompt. No token is taken for padding.
    ///
    /// - Parameters:
    ///   - tokens: 1...`maxTokens` ids within the vocabulary.
    ///   - answerCapacity: positions to reserve for the answer, the start token included.
    ///   - isCancelled: asked before each block.
    /// - Returns: what `decode` goes on with; nil if cancelled.
    public func encode(
        _ tokens: some Collection<Int32>, answerCapacity: Int, isCancelled: () -> Bool = { false }
    ) -> SwitchSequence? {
        precondition(!tokens.isEmpty && tokens.count <= maxTokens, "prompt of a wrong size")
        let count = tokens.count
        embed(tokens, model.encoder.embedding)
        encoderBias.reserve(positions: count)
        for (index, block) in model.encoder.blocks.enumerated() {
            if isCancelled() { return nil }
            attendToSelf(block.selfAttention, tokens: count)
            runFeedForward(block, index: index, tokens: count)
        }
        normalise(model.encoder.finalNorm, tokens: count)
        return sequence(tokens: count, answerCapacity: answerCapacity)
    }

    /// Appends `tokens` to the answer in `sequence`, after the start token and what was decoded before.
    ///
    /// - Parameters:
    ///   - tokens: 1...`maxTokens` ids within the vocabulary; the sequence has room for them.
    ///   - isCancelled: asked before each block.
    /// - Returns: logits of the positions asked for, shape [positions × vocabulary], valid until the next call; nil
    ///   if cancelled (the sequence is then good for nothing).
    public func decode(
        _ tokens: some Collection<Int32>, sequence: SwitchSequence, logits request: ModelRunner.LogitsRequest,
        isCancelled: () -> Bool = { false }
    ) -> UnsafeBufferPointer<Float>? {
        precondition(!tokens.isEmpty && tokens.count <= maxTokens, "micro-batch of a wrong size")
        precondition(sequence.count + tokens.count <= sequence.capacity, "the sequence is full")
        embed(tokens, model.decoder.embedding)
        decoderBias.reserve(positions: sequence.count + tokens.count)
        for (index, block) in model.decoder.blocks.enumerated() {
            if isCancelled() { return nil }
            attendToAnswer(block.selfAttention, index: index, tokens: tokens.count, sequence: sequence)
            if let cross = block.crossAttention {
                attendToPrompt(cross, index: index, tokens: tokens.count, sequence: sequence)
            }
            runFeedForward(block, index: model.encoder.blocks.count + index, tokens: tokens.count)
        }
        sequence.count += tokens.count
        normalise(model.decoder.finalNorm, tokens: tokens.count)
        return logits(request, tokens: tokens.count)
    }

    private func embed(_ tokens: some Collection<Int32>, _ embedding: WeightMatrix) {
        for (row, token) in tokens.enumerated() {
            kernels.dequantize(
                embedding, row: Int(token), into: workspace.residual.pointer + row * embedding.columns)
        }
    }

    /// Keys and values of the prompt for all decoder blocks, made from the encoder's normalised output.
    private func sequence(tokens: Int, answerCapacity: Int) -> SwitchSequence {
        let sequence = SwitchSequence(
            blocks: model.decoder.blocks.count, width: model.configuration.attentionWidth, promptTokens: tokens,
            capacity: answerCapacity)
        for (index, block) in model.decoder.blocks.enumerated() {
            guard let cross = block.crossAttention else { continue }
            let (keys, values) = sequence.promptKeys(index)
            pool.multiply(cross.key, input: workspace.normalised.pointer, tokens: tokens, output: keys)
            pool.multiply(cross.value, input: workspace.normalised.pointer, tokens: tokens, output: values)
        }
        return sequence
    }

    /// Self-attention of the encoder.
    private func attendToSelf(_ weights: SwitchAttention, tokens: Int) {
        project(weights, tokens: tokens, keys: workspace.keys.pointer, values: workspace.values.pointer)
        let keys = BiasedAttention.Keys(
            keys: workspace.keys.pointer, values: workspace.values.pointer, count: tokens)
        attend(weights, tokens: tokens, to: keys, sight: .everything, bias: encoderBias)
    }

    /// Self-attention of the decoder.
    private func attendToAnswer(_ weights: SwitchAttention, index: Int, tokens: Int, sequence: SwitchSequence) {
        let new = sequence.answerKeys(index, from: sequence.count)
        project(weights, tokens: tokens, keys: new.keys, values: new.values)
        let all = sequence.answerKeys(index, from: 0)
        let keys = BiasedAttention.Keys(keys: all.keys, values: all.values, count: sequence.count + tokens)
        attend(weights, tokens: tokens, to: keys, sight: .past(first: sequence.count), bias: decoderBias)
    }

    private func attendToPrompt(_ weights: SwitchAttention, index: Int, tokens: Int, sequence: SwitchSequence) {
        normalise(weights.norm, tokens: tokens)
        pool.multiply(
            weights.query, input: workspace.normalised.pointer, tokens: tokens, output: workspace.queries.pointer)
        let prompt = sequence.promptKeys(index)
        let keys = BiasedAttention.Keys(keys: prompt.keys, values: prompt.values, count: sequence.promptTokens)
        attend(weights, tokens: tokens, to: keys, sight: .everything, bias: nil)
    }

    /// Queries to the workspace, keys and values to where they are kept.
    private func project(
        _ weights: SwitchAttention, tokens: Int, keys: UnsafeMutablePointer<Float>,
        values: UnsafeMutablePointer<Float>
    ) {
        normalise(weights.norm, tokens: tokens)
        let input = workspace.normalised.pointer
        pool.multiply(weights.query, input: input, tokens: tokens, output: workspace.queries.pointer)
        pool.multiply(weights.key, input: input, tokens: tokens, output: keys)
        pool.multiply(weights.value, input: input, tokens: tokens, output: values)
    }

    private func attend(
        _ weights: SwitchAttention, tokens: Int, to keys: BiasedAttention.Keys, sight: BiasedAttention.Sight,
        bias: PositionBias?
    ) {
        attention.attend(
            queries: workspace.queries.pointer, count: tokens, to: keys, sight: sight, bias: bias,
            output: workspace.attended.pointer)
        pool.multiply(
            weights.output, input: workspace.attended.pointer, tokens: tokens, output: workspace.update.pointer)
        addUpdate(tokens: tokens)
    }

    private func runFeedForward(_ block: SwitchBlock, index: Int, tokens: Int) {
        normalise(block.feedForwardNorm, tokens: tokens)
        feedForward.run(
            block.feedForward, block: index, tokens: tokens, hidden: workspace.normalised.pointer,
            output: workspace.update.pointer)
        addUpdate(tokens: tokens)
    }

    private func normalise(_ norm: Norm, tokens: Int) {
        let width = model.configuration.hiddenSize
        let epsilon = model.configuration.normEpsilon
        pool.forEach(count: tokens, grain: 16) { range, _ in
            for token in range {
                kernels.normalise(
                    workspace.residual.pointer + token * width, norm, epsilon: epsilon,
                    output: workspace.normalised.pointer + token * width)
            }
        }
    }

    private func addUpdate(tokens: Int) {
        let count = tokens * model.configuration.hiddenSize
        kernels.add(workspace.residual.pointer, workspace.update.pointer, count: count)
    }

    /// Logits of the normalised hidden states.
    private func logits(_ request: ModelRunner.LogitsRequest, tokens: Int) -> UnsafeBufferPointer<Float> {
        let configuration = model.configuration
        let wanted =
            switch request {
            case .none: 0
            case .last: 1
            case .all: tokens
            }
        workspace.reserveLogits(wanted * configuration.vocabularySize)
        let hidden = workspace.normalised.pointer + (tokens - wanted) * configuration.hiddenSize
        if configuration.isTied {
            let scale = Float(1 / Double(configuration.hiddenSize).squareRoot())
            for i in 0..<wanted * configuration.hiddenSize { hidden[i] *= scale }
        }
        if wanted > 0 {
            pool.multiply(model.output, input: hidden, tokens: wanted, output: workspace.logits.pointer)
        }
        return UnsafeBufferPointer(start: workspace.logits.pointer, count: wanted * configuration.vocabularySize)
    }
}
