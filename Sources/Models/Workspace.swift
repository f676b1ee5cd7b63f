import Tensors

/// Scratch memory of a forward pass, for up to `tokens` tokens at once.
final class Workspace {
    let tokens: Int
    /// The residual stream, shape [tokens × hidden].
    let residual: FloatBuffer
    /// Normalised hidden states, shape [tokens × hidden].
    let normalised: FloatBuffer
    /// Shape [tokens × query width].
    let queries: FloatBuffer
    /// Attention's output before its projection, shape [tokens × query width].
    let attended: FloatBuffer
    /// What a sub-block adds to the residual stream, shape [tokens × hidden].
    let update: FloatBuffer
    /// Router logits, shape [tokens × experts].
    let routerLogits: FloatBuffer
    /// Logits, made larger when all positions are asked for. Shape [positions × vocabulary].
    private(set) var logits: FloatBuffer

    init(configuration: ModelConfiguration, tokens: Int) {
        self.tokens = tokens
        residual = FloatBuffer(count: tokens * configuration.hiddenSize)
        normalised = FloatBuffer(count: tokens * configuration.hiddenSize)
        queries = FloatBuffer(count: tokens * configuration.attention.queryWidth)
        attended = FloatBuffer(count: tokens * configuration.attention.queryWidth)
        update = FloatBuffer(count: tokens * configuration.hiddenSize)
        routerLogits = FloatBuffer(count: tokens * configuration.experts.count)
        logits = FloatBuffer(count: configuration.vocabularySize)
    }

    func reserveLogits(_ count: Int) {
        if logits.count < count { logits = FloatBuffer(count: count) }
    }
}
