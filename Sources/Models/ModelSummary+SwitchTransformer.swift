import Tensors

extension ModelSummary {
    /// Active are the parameters that take part in one token of the prompt and one of the answer. Decoding a token
    /// reads the decoder; keys and values of the prompt are made once, with the encoder.
    public init(_ model: SwitchTransformer) {
        self.init()
        for block in model.encoder.blocks { add(block) }
        for block in model.decoder.blocks {
            if let cross = block.crossAttention { add([cross.key, cross.value]) }
        }
        addEnds(of: model.encoder)
        bytesPerDecodedToken = 0
        for block in model.decoder.blocks { add(block) }
        addEnds(of: model.decoder)
        for embedding in model.storedEmbeddings { addEmbedding(embedding) }
        bytesPerDecodedToken += model.output.region.count
    }

    private mutating func add(_ block: SwitchBlock) {
        let attention = block.selfAttention
        add([attention.query, attention.key, attention.value, attention.output])
        add(attention.norm)
        if let cross = block.crossAttention {
            add([cross.query, cross.output])
            add(cross.norm)
        }
        add(block.feedForwardNorm)
        add(block.feedForward)
    }

    private mutating func add(_ matrices: [WeightMatrix]) {
        for matrix in matrices { add(matrix) }
    }

    /// Position biases and the norm after the last block.
    private mutating func addEnds(of stack: SwitchStack) {
        add(vector: stack.positionBias)
        add(stack.finalNorm)
    }
}
