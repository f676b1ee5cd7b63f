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
    private let steps: SwitchSteps
    private let encoderBias: PositionBias
    private let decoderBias: PositionBias
    private var workspace: Workspace { steps.workspace }

    public init(
        model: SwitchTransformer, pool: ComputePool, maxTokens: Int, observer: (any RoutingObserver)? = nil
    ) {
        precondition(maxTokens > 0)
        let configuration = model.configuration
        self.model = model
        self.maxTokens = maxTokens
        steps = SwitchSteps(model, pool: pool, maxTokens: maxTokens, observer: observer)
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
        steps.embed(tokens, model.encoder.embedding)
        encoderBias.reserve(positions: count)
        for (index, block) in model.encoder.blocks.enumerated() {
            if isCancelled() { return nil }
            attendToSelf(block.selfAttention, tokens: count)
            steps.runFeedForward(block, index: index, tokens: count)
        }
        steps.normalise(model.encoder.finalNorm, tokens: count)
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
        steps.embed(tokens, model.decoder.embedding)
        decoderBias.reserve(positions: sequence.count + tokens.count)
        for (index, block) in model.decoder.blocks.enumerated() {
            if isCancelled() { return nil }
            attendToAnswer(block.selfAttention, index: index, tokens: tokens.count, sequence: sequence)
            if let cross = block.crossAttention {
                attendToPrompt(cross, index: index, tokens: tokens.count, sequence: sequence)
            }
            steps.runFeedForward(block, index: model.encoder.blocks.count + index, tokens: tokens.count)
        }
        sequence.count += tokens.count
        steps.normalise(model.decoder.finalNorm, tokens: tokens.count)
        return logits(request, tokens: tokens.count)
    }

    /// Keys and values of the prompt for all decoder blocks, made from the encoder's normalised output.
    private func sequence(tokens: Int, answerCapacity: Int) -> SwitchSequence {
        let sequence = SwitchSequence(
            blocks: model.decoder.blocks.count, width: model.configuration.attentionWidth, promptTokens: tokens,
            capacity: answerCapacity)
        for (index, block) in model.decoder.blocks.enumerated() {
            guard let cross = block.crossAttention else { continue }
            let (keys, values) = sequence.promptKeys(index)
            steps.project(cross.key, tokens: tokens, to: keys)
            steps.project(cross.value, tokens: tokens, to: values)
        }
        return sequence
    }

    /// Self-attention of the encoder.
    private func attendToSelf(_ weights: SwitchAttention, tokens: Int) {
        let (keys, values) = (workspace.keys.pointer, workspace.values.pointer)
        steps.normalise(weights.norm, tokens: tokens)
        steps.project(weights.key, tokens: tokens, to: keys)
        steps.project(weights.value, tokens: tokens, to: values)
        steps.attend(
            weights, tokens: tokens, to: BiasedAttention.Keys(keys: keys, values: values, count: tokens),
            sight: .everything, bias: encoderBias)
    }

    /// Self-attention of the decoder.
    private func attendToAnswer(_ weights: SwitchAttention, index: Int, tokens: Int, sequence: SwitchSequence) {
        let new = sequence.answerKeys(index, from: sequence.count)
        steps.normalise(weights.norm, tokens: tokens)
        steps.project(weights.key, tokens: tokens, to: new.keys)
        steps.project(weights.value, tokens: tokens, to: new.values)
        let all = sequence.answerKeys(index, from: 0)
        let keys = BiasedAttention.Keys(keys: all.keys, values: all.values, count: sequence.count + tokens)
        steps.attend(weights, tokens: tokens, to: keys, sight: .past(first: sequence.count), bias: decoderBias)
    }

    private func attendToPrompt(_ weights: SwitchAttention, index: Int, tokens: Int, sequence: SwitchSequence) {
        let (keys, values) = sequence.promptKeys(index)
        steps.normalise(weights.norm, tokens: tokens)
        steps.attend(
            weights, tokens: tokens,
            to: BiasedAttention.Keys(keys: keys, values: values, count: sequence.promptTokens), sight: .everything,
            bias: nil)
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
            steps.pool.multiply(model.output, input: hidden, tokens: wanted, output: workspace.logits.pointer)
        }
        return UnsafeBufferPointer(start: workspace.logits.pointer, count: wanted * configuration.vocabularySize)
    }
}
