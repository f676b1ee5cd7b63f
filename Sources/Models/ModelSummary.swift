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

    init() {}

    public init(_ model: TransformerModel) {
        addEmbedding(model.embedding)
        if model.isTied { bytesPerDecodedToken += model.output.region.count } else { add(model.output) }
        add(vector: model.head.bias)
        add(model.finalNorm)
        for block in model.blocks {
            add(block.attentionNorm)
            switch block.attention {
            case .grouped(let weights): add(weights)
            case .latent(let weights): add(weights)
            }
            add(block.feedForwardNorm)
            add(block.feedForward)
        }
    }

    public var totalBytes: Int { bytesByType.values.reduce(0, +) }

    mutating func addEmbedding(_ matrix: WeightMatrix) {
        totalParameters += matrix.rows * matrix.columns
        activeParameters += matrix.rows * matrix.columns
        bytesByType[matrix.type, default: 0] += matrix.region.count
        bytesPerDecodedToken += matrix.rowBytes
    }

    private mutating func add(_ attention: GroupedAttentionWeights) {
        for projection in [attention.query, attention.key, attention.value, attention.output] { add(projection) }
        for vector in [attention.queryNorm, attention.keyNorm, attention.sinks] { add(vector: vector) }
    }

    private mutating func add(_ attention: LatentAttentionWeights) {
        for projection in [attention.query, attention.latentDown, attention.output] { add(projection) }
        if let compression = attention.compression {
            add(compression.down)
            add(vector: compression.norm)
        }
        add(vector: attention.latentNorm)
        for matrix in attention.keyUp + attention.valueUp { add(matrix) }
    }

    mutating func add(_ feedForward: FeedForward) {
        switch feedForward {
        case .dense(let weights): addExperts(weights, perToken: 1)
        case .experts(let layer):
            add(layer.gate)
            addExperts(layer.weights, perToken: layer.router.expertsPerToken)
            if let shared = layer.shared {
                addExperts(shared.weights, perToken: 1)
                if let gate = shared.gate { add(gate) }
            }
        }
    }

    private mutating func add(_ projection: Projection) {
        add(projection.matrix)
        add(vector: projection.bias)
    }

    mutating func add(_ norm: Norm) {
        add(vector: norm.weight)
        add(vector: norm.bias)
    }

    private mutating func addExperts(_ weights: ExpertWeights, perToken: Int) {
        for expert in weights.gate + weights.up + weights.down {
            totalParameters += expert.rows * expert.columns
            bytesByType[expert.type, default: 0] += expert.region.count
        }
        // The experts of a block are of one shape, but a file may store them in different types.
        for experts in [weights.gate, weights.up, weights.down] where !experts.isEmpty {
            activeParameters += experts[0].rows * experts[0].columns * perToken
            bytesPerDecodedToken += experts.reduce(0) { $0 + $1.region.count } * perToken / experts.count
        }
    }

    mutating func add(_ matrix: WeightMatrix) {
        totalParameters += matrix.rows * matrix.columns
        activeParameters += matrix.rows * matrix.columns
        bytesByType[matrix.type, default: 0] += matrix.region.count
        bytesPerDecodedToken += matrix.region.count
    }

    /// Norm weights are converted to float32 when they are loaded and counted as such.
    mutating func add(vector: [Float]) {
        guard !vector.isEmpty else { return }
        totalParameters += vector.count
        activeParameters += vector.count
        bytesByType[.f32, default: 0] += vector.count * MemoryLayout<Float>.stride
        bytesPerDecodedToken += vector.count * MemoryLayout<Float>.stride
    }
}
