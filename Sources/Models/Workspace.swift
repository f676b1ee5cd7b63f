import Tensors

/// Scratch memory of a forward pass, for up to `tokens` tokens at once.
final class Workspace {
    /// The residual stream, shape [tokens × hidden].
    let residual: FloatBuffer
    /// Normalised hidden states, shape [tokens × hidden].
    let normalised: FloatBuffer
    /// Shape [tokens × query width].
    let queries: FloatBuffer
    /// Keys before they go into a cache, shape [tokens × key width].
    let keys: FloatBuffer
    /// Values before they go into a cache, shape [tokens × value width].
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
    /// Unfinished softmaxes of attention that is cut along the context, made larger when a context needs it.
    private(set) var partials = FloatBuffer(count: 0)
    /// For inputs of packed projections.
    let rounding: RoundingBuffers
    /// Logits, made larger when all positions are asked for. Shape [positions × vocabulary].
    private(set) var logits: FloatBuffer

    /// Numbers of one token in each buffer.
    struct Widths {
        var hidden: Int
        var queries: Int
        var keys: Int
        var values: Int
        var attended: Int
        var compressedQueries = 0
        var latentQueries = 0
        var latentOutputs = 0
    }

    init(_ widths: Widths, vocabularySize: Int, tokens: Int) {
        residual = FloatBuffer(count: tokens * widths.hidden)
        normalised = FloatBuffer(count: tokens * widths.hidden)
        queries = FloatBuffer(count: tokens * widths.queries)
        keys = FloatBuffer(count: tokens * widths.keys)
        values = FloatBuffer(count: tokens * widths.values)
        attended = FloatBuffer(count: tokens * widths.attended)
        update = FloatBuffer(count: tokens * widths.hidden)
        compressedQueries = FloatBuffer(count: tokens * widths.compressedQueries)
        latentQueries = FloatBuffer(count: tokens * widths.latentQueries)
        latentOutputs = FloatBuffer(count: tokens * widths.latentOutputs)
        rounding = RoundingBuffers(tokens: tokens)
        logits = FloatBuffer(count: vocabularySize)
    }

    func reservePartials(_ count: Int) {
        if partials.count < count { partials = FloatBuffer(count: 2 * count) }
    }

    func reserveLogits(_ count: Int) {
        if logits.count < count { logits = FloatBuffer(count: count) }
    }
}

extension Workspace {
    convenience init(configuration: ModelConfiguration, tokens: Int) {
        let attention = configuration.attention
        let latent = attention.latent
        let widths = Widths(
            hidden: configuration.hiddenSize, queries: attention.queryWidth, keys: attention.cachedKeyWidth,
            values: attention.cachedValueWidth, attended: attention.attendedWidth,
            compressedQueries: latent?.queryRank ?? 0,
            latentQueries: attention.queryHeads * (latent?.cacheWidth ?? 0),
            latentOutputs: attention.queryHeads * (latent?.rank ?? 0))
        self.init(widths, vocabularySize: configuration.vocabularySize, tokens: tokens)
    }

    convenience init(_ configuration: SwitchConfiguration, tokens: Int) {
        let width = configuration.attentionWidth
        let widths = Widths(
            hidden: configuration.hiddenSize, queries: width, keys: width, values: width, attended: width)
        self.init(widths, vocabularySize: configuration.vocabularySize, tokens: tokens)
    }
}
