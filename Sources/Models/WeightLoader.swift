import Checkpoints
import Experts
import Routing
import Tensors

/// Takes a model's tensors out of a checkpoint, checks shapes, and notices tensors that nothing asked for.
struct WeightLoader {
    private let source: any TensorSource
    private let names: TensorNames
    private let configuration: ModelConfiguration
    private var used: Set<String> = []

    static func load(
        _ source: any TensorSource, names: TensorNames, configuration: ModelConfiguration
    ) throws -> TransformerModel {
        var loader = WeightLoader(source: source, names: names, configuration: configuration)
        return try loader.model()
    }

    private init(source: any TensorSource, names: TensorNames, configuration: ModelConfiguration) {
        self.source = source
        self.names = names
        self.configuration = configuration
    }

    private mutating func model() throws -> TransformerModel {
        let hidden = configuration.hiddenSize
        let embedding = try matrix(names.embedding, rows: configuration.vocabularySize, columns: hidden)
        var blocks: [TransformerBlock] = []
        var moeIndex = 0
        for index in 0..<configuration.layers {
            blocks.append(try block(index, moeIndex: &moeIndex))
        }
        let finalNorm = try vector(names.finalNorm, count: hidden)
        let isTied = !source.contains(names.output)
        let output =
            isTied ? embedding : try matrix(names.output, rows: configuration.vocabularySize, columns: hidden)
        try checkNothingIsLeft()
        return TransformerModel(
            configuration: configuration, embedding: embedding, blocks: blocks, finalNorm: finalNorm, output: output,
            isTied: isTied)
    }

    private mutating func block(_ index: Int, moeIndex: inout Int) throws -> TransformerBlock {
        let attention = try attention(index)
        let norm = try vector(names.block(index, .feedForwardNorm), count: configuration.hiddenSize)
        let feedForward: FeedForward
        if configuration.denseBlocks.contains(index) {
            feedForward = .dense(try dense(index))
        } else {
            feedForward = try experts(index, moeIndex: moeIndex)
            moeIndex += 1
        }
        return TransformerBlock(attention: attention, feedForwardNorm: norm, feedForward: feedForward)
    }

    private mutating func attention(_ index: Int) throws -> AttentionWeights {
        let shape = configuration.attention
        let hidden = configuration.hiddenSize
        let norms: (query: Int, key: Int) =
            switch shape.queryKeyNorm {
            case .none: (0, 0)
            case .perHead: (shape.headSize, shape.headSize)
            case .wholeWidth: (shape.queryWidth, shape.keyValueWidth)
            }
        return AttentionWeights(
            inputNorm: try vector(names.block(index, .attentionNorm), count: hidden),
            query: try matrix(names.block(index, .query), rows: shape.queryWidth, columns: hidden),
            key: try matrix(names.block(index, .key), rows: shape.keyValueWidth, columns: hidden),
            value: try matrix(names.block(index, .value), rows: shape.keyValueWidth, columns: hidden),
            output: try matrix(names.block(index, .attentionOutput), rows: hidden, columns: shape.queryWidth),
            queryNorm: norms.query == 0 ? [] : try vector(names.block(index, .queryNorm), count: norms.query),
            keyNorm: norms.key == 0 ? [] : try vector(names.block(index, .keyNorm), count: norms.key))
    }

    private mutating func experts(_ index: Int, moeIndex: Int) throws -> FeedForward {
        let shape = configuration.experts
        let gate = try matrix(names.block(index, .router), rows: shape.count, columns: configuration.hiddenSize)
        let weights = ExpertWeights(
            gate: try experts(index, .gate, rows: shape.width, columns: configuration.hiddenSize),
            up: try experts(index, .up, rows: shape.width, columns: configuration.hiddenSize),
            down: try experts(index, .down, rows: configuration.hiddenSize, columns: shape.width))
        let router = TopKRouter(
            expertCount: shape.count, expertsPerToken: shape.perToken, normalisesWeights: shape.normalisesWeights)
        return .experts(index: moeIndex, gate: gate, router: router, weights: weights)
    }

    private mutating func dense(_ index: Int) throws -> ExpertWeights {
        let width = configuration.denseWidth
        let hidden = configuration.hiddenSize
        return ExpertWeights(
            gate: [try matrix(names.block(index, .denseGate), rows: width, columns: hidden)],
            up: [try matrix(names.block(index, .denseUp), rows: width, columns: hidden)],
            down: [try matrix(names.block(index, .denseDown), rows: hidden, columns: width)])
    }

    /// One matrix per expert, from a fused tensor [experts × rows × columns] or from one tensor each.
    private mutating func experts(_ index: Int, _ tensor: ExpertTensor, rows: Int, columns: Int) throws
        -> [WeightMatrix]
    {
        let count = configuration.experts.count
        if let fused = names.fusedExperts?(index, tensor), source.contains(fused) {
            let all = try matrix(fused, shape: [count, rows, columns])
            return (0..<count).map { all.rows($0 * rows..<($0 + 1) * rows) }
        }
        return try (0..<count).map {
            try matrix(names.expert(index, $0, tensor), rows: rows, columns: columns)
        }
    }

    private mutating func matrix(_ name: String, rows: Int, columns: Int) throws -> WeightMatrix {
        try matrix(name, shape: [rows, columns])
    }

    /// The tensor `name` of exactly `shape`, all but the last dimension flattened into rows.
    private mutating func matrix(_ name: String, shape: [Int]) throws -> WeightMatrix {
        let view = try take(name, shape: shape)
        let columns = shape[shape.count - 1]
        let rows = shape.dropLast().reduce(1, *)
        guard let matrix = WeightMatrix(type: view.type, rows: rows, columns: columns, region: view.region) else {
            throw CheckpointError(
                file: view.file, item: name, offset: view.offset,
                reason: "\(view.region.count) bytes are not \(rows) rows of \(columns) \(view.type.name) numbers")
        }
        return matrix
    }

    /// A small tensor, converted to float32.
    private mutating func vector(_ name: String, count: Int) throws -> [Float] {
        let view = try take(name, shape: [count])
        guard let row = WeightMatrix(type: view.type, rows: 1, columns: count, region: view.region) else {
            throw CheckpointError(
                file: view.file, item: name, offset: view.offset,
                reason: "\(view.region.count) bytes are not \(count) \(view.type.name) numbers")
        }
        return [Float](unsafeUninitializedCapacity: count) { numbers, initialised in
            guard let base = numbers.baseAddress else { return }
            Kernels.selected.dequantize(row, row: 0, into: base)
            initialised = count
        }
    }

    private mutating func take(_ name: String, shape: [Int]) throws -> TensorView {
        let view = try source.tensor(name)
        guard view.shape == shape else {
            throw CheckpointError(
                file: view.file, item: name, offset: view.offset,
                reason: "shape \(view.shape) should be \(shape) (outermost dimension first)")
        }
        used.insert(name)
        return view
    }

    /// A tensor that nothing asked for (a bias, say) would change the result, so it is not passed over in silence.
    private func checkNothingIsLeft() throws {
        let left = source.tensorNames.filter { !used.contains($0) && !names.ignorable($0) }.sorted()
        guard let first = left.first else { return }
        throw CheckpointError(
            file: source.location, item: first,
            reason: "this tensor has no place in architecture \(configuration.architecture)"
                + (left.count > 1 ? " (nor have \(left.count - 1) more)" : ""))
    }
}
