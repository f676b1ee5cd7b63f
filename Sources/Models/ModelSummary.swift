import Experts
import Tensors

/// What a model holds and what a token costs, counted from its tensors.
public struct ModelSummary: Sendable, Equatable {
    public var totalParameters = 0
    /// Parameters that take part in one token: everything but the experts it is not routed to.
    public var activeParameters = 0
    /// Bytes of the file's tensors by element type.
    public var bytesByType: [ElementType: Int] = [:]
    /// Bytes of weights that decoding one token reads: each matrix once, of the experts the chosen ones, of the
    /// embedding one row. The KV cache comes on top.
    public var bytesPerDecodedToken = 0

    public init(_ model: TransformerModel) {
        addEmbedding(model.embedding)
        if !model.isTied { add(model.output) } else { bytesPerDecodedToken += model.output.region.count }
        add(vector: model.finalNorm)
        for block in model.blocks {
            add(block.attention)
            add(vector: block.feedForwardNorm)
            add(block.feedForward)
        }
    }

    public var totalBytes: Int { bytesByType.values.reduce(0, +) }

    private mutating func addEmbedding(_ matrix: WeightMatrix) {
        totalParameters += matrix.rows * matrix.columns
        activeParameters += matrix.rows * matrix.columns
        bytesByType[matrix.type, default: 0] += matrix.region.count
        bytesPerDecodedToken += matrix.rowBytes
    }

    private mutating func add(_ attention: AttentionWeights) {
        for matrix in [attention.query, attention.key, attention.value, attention.output] { add(matrix) }
        for vector in [attention.inputNorm, attention.queryNorm, attention.keyNorm] { add(vector: vector) }
    }

    private mutating func add(_ feedForward: FeedForward) {
        switch feedForward {
        case .dense(let weights): addExperts(weights, perToken: 1)
        case .experts(_, let gate, let router, let weights):
            add(gate)
            addExperts(weights, perToken: router.expertsPerToken)
        }
    }

    private mutating func addExperts(_ weights: ExpertWeights, perToken: Int) {
        for expert in weights.gate + weights.up + weights.down {
            totalParameters += expert.rows * expert.columns
            bytesByType[expert.type, default: 0] += expert.region.count
        }
        // The experts of a block are of one shape, but a file may store them in different types.
        for experts in [weights.gate, weights.up, weights.down] {
            activeParameters += experts[0].rows * experts[0].columns * perToken
            bytesPerDecodedToken += experts.reduce(0) { $0 + $1.region.count } * perToken / experts.count
        }
    }

    private mutating func add(_ matrix: WeightMatrix) {
        totalParameters += matrix.rows * matrix.columns
        activeParameters += matrix.rows * matrix.columns
        bytesByType[matrix.type, default: 0] += matrix.region.count
        bytesPerDecodedToken += matrix.region.count
    }

    /// Norm weights are converted to float32 when they are loaded and counted as such.
    private mutating func add(vector: [Float]) {
        guard !vector.isEmpty else { return }
        totalParameters += vector.count
        activeParameters += vector.count
        bytesByType[.f32, default: 0] += vector.count * MemoryLayout<Float>.stride
        bytesPerDecodedToken += vector.count * MemoryLayout<Float>.stride
    }
}
