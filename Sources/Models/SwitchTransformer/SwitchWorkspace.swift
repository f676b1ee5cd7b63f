import Tensors

/// Scratch memory of a pass through encoder or decoder, for up to `tokens` tokens at once.
final class SwitchWorkspace {
    /// The residual stream, shape [tokens × hidden].
    let residual: FloatBuffer
    /// Normalised hidden states, shape [tokens × hidden].
    let normalised: FloatBuffer
    /// Queries, and of the encoder also keys and values, shape [tokens × attention width].
    let queries: FloatBuffer
    let keys: FloatBuffer
    let values: FloatBuffer
    /// Attention's output before its projection, shape [tokens × attention width].
    let attended: FloatBuffer
    /// What a sub-block adds to the residual stream, shape [tokens × hidden].
    let update: FloatBuffer
    /// Logits, made larger when several positions are asked for. Shape [positions × vocabulary].
    private(set) var logits: FloatBuffer

    init(_ configuration: SwitchConfiguration, tokens: Int) {
        residual = FloatBuffer(count: tokens * configuration.hiddenSize)
        normalised = FloatBuffer(count: tokens * configuration.hiddenSize)
        queries = FloatBuffer(count: tokens * configuration.attentionWidth)
        keys = FloatBuffer(count: tokens * configuration.attentionWidth)
        values = FloatBuffer(count: tokens * configuration.attentionWidth)
        attended = FloatBuffer(count: tokens * configuration.attentionWidth)
        update = FloatBuffer(count: tokens * configuration.hiddenSize)
        logits = FloatBuffer(count: configuration.vocabularySize)
    }

    func reserveLogits(_ count: Int) {
        if logits.count < count { logits = FloatBuffer(count: count) }
    }
}
