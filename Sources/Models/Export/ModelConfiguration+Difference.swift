extension ModelConfiguration {
    /// What `other`, read back from a file of this configuration, says otherwise; nil: nothing that matters. Numbers may
    /// differ as float32 does, and the rotary pairing does where rows were reordered for it.
    func difference(from other: ModelConfiguration) -> String? {
        if blocks != other.blocks { return "kinds of attention or of feed-forward networks by block" }
        if experts != other.experts { return "experts and their routing" }
        if hiddenSize != other.hiddenSize || denseWidth != other.denseWidth { return "sizes" }
        if norm.kind != other.norm.kind || !Self.near(norm.epsilon, other.norm.epsilon) { return "norms" }
        if !Self.near(multipliers.list, other.multipliers.list) {
            return "multipliers"
        }
        return attentionDifference(from: other) ?? rotaryDifference(from: other)
    }

    private func attentionDifference(from other: ModelConfiguration) -> String? {
        var theirs = other.attention
        if !Self.near(attention.scale, theirs.scale) { return "attention scale" }
        theirs.scale = attention.scale
        if theirs.latent != nil { theirs.keyValueHeads = attention.keyValueHeads }
        // Files have biases or not; no key speaks of them, and some readers want zeros where a model has none.
        theirs.hasInputBiases = attention.hasInputBiases
        theirs.hasOutputBias = attention.hasOutputBias
        // Without blocks that use it, a temperature does not matter.
        if blocks.allSatisfy(\.usesRotary) { theirs.temperature = attention.temperature }
        return attention == theirs ? nil : "attention"
    }

    private func rotaryDifference(from other: ModelConfiguration) -> String? {
        if rotary.dimensions != other.rotary.dimensions { return "rotary dimensions" }
        if attention.latent != nil, rotary.pairing != other.rotary.pairing { return "rotary pairing" }
        for positions in [1, contextLength] {
            let mine = rotary.frequencies(positions: positions).map { Float($0) }
            let theirs = other.rotary.frequencies(positions: positions).map { Float($0) }
            if !Self.near(mine, theirs) { return "rotary scaling" }
            if !Self.near(rotary.magnitude(positions: positions), other.rotary.magnitude(positions: positions)) {
                return "rotary magnitude"
            }
        }
        return nil
    }

    private static func near(_ a: Float, _ b: Float) -> Bool { abs(a - b) <= 1e-5 * max(abs(a), abs(b)) }

    private static func near(_ a: [Float], _ b: [Float]) -> Bool { a.count == b.count && zip(a, b).allSatisfy(near) }
}

extension ModelConfiguration.Multipliers {
    fileprivate var list: [Float] { [embedding, residual, logitDivisor] }
}
