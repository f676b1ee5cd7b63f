import Tensors

/// Scratch memory of a forward pass, for up to `tokens` tokens at once.
final class Workspace {
    /// The residual stream, shape [tokens × hidden].
    let residual: FloatBuffer
    /// Normalised hidden states, shape [tokens × hidden].
    let normalised: FloatBuffer
    /// Shape [tokens × query width].
    let queries: FloatBuffer
    /// Keys before they go into the caches, shape [tokens × key width of a cache].
    let keys: FloatBuffer
    /// Values before they go into the caches, shape [tokens × value width of a cache].
    let values: FloatBuffer
    /// Attention's output before its projection, shape [tokens × attended width].
    let attended: FloatBuffer
    /// What a sub-block adds to the residual stream, shape [tokens × hidden].
    let update: FloatBuffer
    /// Latent attention: queries before their up-projection, shape [tokens × query rank].
    let compressedQueries: FloatBuffer
    /// Latent attention: queries in the space of the cache, shape [tokens × heads × cache width].
    let latentQueries: FloatBuffer
    /// Latent attention: sums of compressed values, shape [tokens × heads × rank].
    let latentOutputs: FloatBuffer
    let rounding: RoundingBuffers
    /// Logits, made larger when all positions are asked for. Shape [positions × vocabulary].
    private(set) var logits: FloatBuffer

    init(configuration: ModelConfiguration, tokens: Int) {
        let attention = configuration.attention
        residual = FloatBuffer(count: tokens * configuration.hiddenSize)
        normalised = FloatBuffer(count: tokens * configuration.hiddenSize)
        queries = FloatBuffer(count: tokens * attention.queryWidth)
        keys = FloatBuffer(count: tokens * attention.cachedKeyWidth)
        values = FloatBuffer(count: tokens * attention.cachedValueWidth)
        attended = FloatBuffer(count: tokens * attention.attendedWidth)
        update = FloatBuffer(count: tokens * configuration.hiddenSize)
        let latent = attention.latent
        compressedQueries = FloatBuffer(count: tokens * (latent?.queryRank ?? 0))
        latentQueries = FloatBuffer(count: tokens * attention.queryHeads * (latent?.cacheWidth ?? 0))
        latentOutputs = FloatBuffer(count: tokens * attention.queryHeads * (latent?.rank ?? 0))
        rounding = RoundingBuffers(tokens: tokens)
        logits = FloatBuffer(count: configuration.vocabularySize)
    }

    func reserveLogits(_ count: Int) {
        if logits.count < count { logits = FloatBuffer(count: count) }
    }
}
