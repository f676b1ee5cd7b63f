import Checkpoints
import Experts
import Tensors

/// The tensors of a Hugging Face folder under GGUF's names and in GGUF's layout.
struct HuggingFaceExport {
    let reader: ModelReader
    let outputNames: TensorNames
    /// Whether rows of queries and keys must be reordered, because GGUF files of this family rotate neighbours.
    private let reorders: Bool
    /// Tensors of a block are asked for one by one, but made together where files keep them in another layout.
    let lastGrouped = LastBlock<GroupedAttentionWeights>()
    let lastLatent = LastBlock<LatentAttentionWeights>()
    let lastShared = LastBlock<SharedExpertWeights?>()
    let lastDense = LastBlock<ExpertWeights>()

    init(reader: ModelReader) throws {
        self.reader = reader
        let family = Architecture.all.first { $0.ggufName == reader.configuration.architecture }
        guard let family else { preconditionFailure("a reader's architecture is one of the families") }
        outputNames = family.ggufTensors
        reorders = family.ggufPairing == .neighbours && reader.configuration.rotary.pairing == .halves
    }

    func export() throws -> ModelExport {
        let configuration = reader.configuration
        var tensors = [
            matrix(outputNames.embedding, rows: configuration.vocabularySize, columns: configuration.hiddenSize) {
                try reader.embedding()
            }
        ]
        for index in 0..<configuration.layers { tensors += block(index) }
        tensors += norm(outputNames.finalNorm, block: nil) { try reader.norm(reader.names.finalNorm) }
        if !reader.isTied || Self.needOutput.contains(configuration.architecture) {
            tensors.append(
                matrix(outputNames.output, rows: configuration.vocabularySize, columns: configuration.hiddenSize) {
                    try reader.head(reader.embedding()).matrix
                })
        }
        if configuration.hasOutputBias || needsBiases {
            let zeros = [Float](repeating: 0, count: configuration.vocabularySize)
            tensors.append(
                vector(outputNames.bias(of: outputNames.output), count: configuration.vocabularySize) {
                    configuration.hasOutputBias ? try reader.head(reader.embedding()).bias : zeros
                })
        }
        tensors += rotaryTensors()
        try check(tensors)
        return ModelExport(
            configuration: configuration, metadata: GGUFDescription(configuration).metadata, tensors: tensors)
    }

    /// Families of which llama.cpp wants an output matrix even where it is the embedding.
    private static let needOutput: Set<String> = ["gpt-oss", "olmoe", "phimoe", "qwen2moe"]

    /// Whether llama.cpp wants biases even where the model has none: zeros are written.
    private var needsBiases: Bool { reader.configuration.architecture == "phimoe" }

    /// Notices missing, surplus and misshapen tensors before anything is written, one at a time: what must be laid out
    /// anew is so once more than needed.
    private func check(_ tensors: [ExportTensor]) throws {
        for tensor in tensors { _ = try tensor.read() }
        // Where the output is the embedding, this passes over a copy that the file may have.
        _ = try reader.head(reader.embedding())
        try reader.checkNothingIsLeft()
    }

    private func block(_ index: Int) -> [ExportTensor] {
        let shape = reader.configuration.blocks[index]
        let own = reader.names
        return norm(outputNames.weight(index, .attentionNorm), block: index) {
            try reader.norm(own.weight(index, .attentionNorm))
        }
            + (reader.configuration.attention.latent.map { latentAttention(index, $0) } ?? groupedAttention(index))
            + norm(outputNames.weight(index, .feedForwardNorm), block: index) {
                try reader.norm(own.weight(index, .feedForwardNorm))
            } + (shape.hasExperts ? experts(index) : dense(index))
    }
}

/// Making tensors.
extension HuggingFaceExport {
    func matrix(
        _ name: String, block: Int? = nil, rows: Int, columns: Int, _ read: @escaping () throws -> WeightMatrix
    ) -> ExportTensor {
        ExportTensor(name: name, shape: [rows, columns], role: .matrix, block: block, read: { [try read()] })
    }

    /// A short list of numbers, kept as float32.
    func vector(_ name: String, block: Int? = nil, count: Int, _ read: @escaping () throws -> [Float])
        -> ExportTensor
    {
        ExportTensor(
            name: name, shape: [count], role: .precise, block: block,
            read: { [WeightMatrix.float32(try read(), rows: 1)] })
    }

    func norm(_ name: String, block: Int?, _ read: @escaping () throws -> Norm) -> [ExportTensor] {
        let count = reader.configuration.hiddenSize
        let weight = vector(name, block: block, count: count) { try read().weight }
        guard reader.configuration.norm.kind == .layer else { return [weight] }
        return [weight, vector(outputNames.bias(of: name), block: block, count: count) { try read().bias }]
    }

    /// A projection and its bias, if it has one.
    func projection(
        _ index: Int, _ tensor: BlockTensor, rows: Int, columns: Int, hasBias: Bool,
        heads: Int? = nil, _ read: @escaping () throws -> Projection
    ) -> [ExportTensor] {
        let reordered = reorders ? heads : nil
        let weight = matrix(outputNames.weight(index, tensor), block: index, rows: rows, columns: columns) {
            let matrix = try read().matrix
            return reordered.map { matrix.withNeighbouringPairs(heads: $0) } ?? matrix
        }
        guard hasBias else {
            let zeros = [Float](repeating: 0, count: rows)
            return needsBiases
                ? [weight, vector(outputNames.bias(index, tensor), block: index, count: rows) { zeros }] : [weight]
        }
        let bias = vector(outputNames.bias(index, tensor), block: index, count: rows) {
            let bias = try read().bias
            return reordered.map { WeightMatrix.rowOrder(rows: rows, heads: $0).map { bias[$0] } } ?? bias
        }
        return [weight, bias]
    }

    /// Divisors of the rotary frequencies, which GGUF keeps as tensors.
    fileprivate func rotaryTensors() -> [ExportTensor] {
        func divisors(_ name: String, _ values: [Double]) -> ExportTensor {
            vector(name, count: values.count) { values.map { Float($0) } }
        }
        switch reader.configuration.rotary.scaling {
        case .byLength(let lengths):
            return [
                divisors("rope_factors_long.weight", lengths.long),
                divisors("rope_factors_short.weight", lengths.short),
            ]
        case .bands, .divisors:
            return [divisors("rope_freqs.weight", reader.configuration.rotary.divisors)]
        case .none, .linear, .ramp: return []
        }
    }
}

/// What was made last, for one block: so parts of it can be asked for one after another.
final class LastBlock<Value> {
    private var last: (block: Int, value: Value)?

    func value(_ block: Int, _ make: (Int) throws -> Value) rethrows -> Value {
        if let last, last.block == block { return last.value }
        last = nil
        let value = try make(block)
        last = (block, value)
        return value
    }
}
