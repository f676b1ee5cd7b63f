import Checkpoints
import Experts
import Routing
import Tensors

/// Puts a model together from a checkpoint's tensors, or hands out its parts one by one.
struct ModelReader {
    let configuration: ModelConfiguration
    let tensors: TensorReader
    /// What the checkpoint calls its tensors.
    let names: TensorNames
    /// Whether the output matrix is the embedding.
    let isTied: Bool

    init(gguf file: GGUFFile, allowedFields: Set<String>) throws {
        let keys = try GGUFKeys(file)
        let (configuration, architecture) = try ModelConfiguration.read(keys)
        try keys.refuseUnread(allowed: allowedFields)
        self.init(configuration, TensorReader(file), names: architecture.ggufTensors)
    }

    init(huggingFace folder: HuggingFaceFolder, allowedFields: Set<String>) throws {
        let fields = ConfigFields(folder)
        let (whole, part) = try (fields, fields.textModel())
        let (configuration, architecture) = try ModelConfiguration.read(part, allowed: allowedFields)
        var names = architecture.huggingFaceTensors
        if part.isPart {
            names = names.under("language_model.", ignoring: ["vision_model.", "multi_modal_projector."])
        }
        let block = try whole.optionalObject("quantization_config")?.optionalInts("weight_block_size")
        self.init(
            configuration,
            TensorReader(folder, scaleBlock: block.flatMap { $0.count == 2 ? ($0[0], $0[1]) : nil }), names: names)
    }

    private init(_ configuration: ModelConfiguration, _ tensors: TensorReader, names: TensorNames) {
        self.configuration = configuration
        self.tensors = tensors
        self.names = names
        isTied = configuration.isTied ?? !tensors.contains(names.output)
    }

    func model() throws -> TransformerModel {
        let embedding = try embedding()
        var blocks: [TransformerBlock] = []
        var moeIndex = 0
        for index in 0..<configuration.layers {
            blocks.append(try block(index, moeIndex: moeIndex))
            moeIndex += configuration.blocks[index].hasExperts ? 1 : 0
        }
        let finalNorm = try norm(names.finalNorm)
        let head = try head(embedding)
        try checkNothingIsLeft()
        return TransformerModel(
            configuration: configuration, embedding: embedding, blocks: blocks, finalNorm: finalNorm, head: head,
            isTied: isTied, files: CheckpointFiles(tensors.source))
    }

    /// Blocks after the last predict several tokens at once; they are not used.
    func checkNothingIsLeft() throws {
        let unused = (0..<configuration.unusedBlocks).map { names.block(configuration.layers + $0) }
        try tensors.checkNothingIsLeft(architecture: configuration.architecture) { name in
            names.ignorable(name) || unused.contains { name.hasPrefix($0) }
        }
    }

    func embedding() throws -> WeightMatrix {
        try tensors.matrix(
            names.embedding, rows: configuration.vocabularySize, columns: configuration.hiddenSize)
    }

    func head(_ embedding: WeightMatrix) throws -> Projection {
        let name = names.output
        if isTied { tensors.pass(name) }
        let matrix =
            isTied
            ? embedding
            : try tensors.matrix(name, rows: configuration.vocabularySize, columns: configuration.hiddenSize)
        let bias = names.bias(of: name)
        return Projection(
            matrix: matrix,
            bias: try tensors.vector(bias, count: configuration.vocabularySize, if: configuration.hasOutputBias))
    }

    func norm(_ name: String) throws -> Norm {
        Norm(
            weight: try tensors.vector(name, count: configuration.hiddenSize),
            bias: try tensors.vector(
                names.bias(of: name), count: configuration.hiddenSize, if: configuration.norm.kind == .layer))
    }

    func block(_ index: Int, moeIndex: Int) throws -> TransformerBlock {
        TransformerBlock(
            attentionNorm: try norm(names.weight(index, .attentionNorm)),
            attention: configuration.attention.latent == nil
                ? .grouped(try groupedAttention(index)) : .latent(try latentAttention(index)),
            feedForwardNorm: try norm(names.weight(index, .feedForwardNorm)),
            feedForward: configuration.blocks[index].hasExperts
                ? .experts(try expertLayer(index, moeIndex: moeIndex)) : .dense(try denseNetwork(index)))
    }

    func projection(_ index: Int, _ tensor: BlockTensor, rows: Int, columns: Int, hasBias: Bool = false) throws
        -> Projection
    {
        Projection(
            matrix: try tensors.matrix(names.weight(index, tensor), rows: rows, columns: columns),
            bias: try tensors.vector(names.bias(index, tensor), count: rows, if: hasBias))
    }
}
