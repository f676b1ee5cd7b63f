import Checkpoints
import Tensors

/// A model as a list of GGUF tensors and metadata, whatever it was read from. Tensors are produced one at a time, so
/// that writing them needs no more memory than one.
public struct ModelExport {
    public let configuration: ModelConfiguration
    /// Metadata but for the tokenizer's, in file order.
    public let metadata: [(key: String, value: MetadataValue)]
    public let tensors: [ExportTensor]
}

/// One tensor of a GGUF file to be.
public struct ExportTensor {
    public enum Role: Sendable, Equatable {
        /// A matrix that may be quantised.
        case matrix
        /// All routed experts of a block, shape [experts × rows × columns]; may be quantised.
        case experts
        /// Norms, biases, routers: float32 always.
        case precise
    }

    public let name: String
    /// Outermost dimension first.
    public let shape: [Int]
    public let role: Role
    /// The Transformer block it belongs to; nil: none.
    public let block: Int?
    /// The numbers: matrices whose rows, one after another, are those of the tensor. One per expert for `.experts`.
    public let read: () throws -> [WeightMatrix]

    public var columns: Int { shape.last ?? 1 }
}

extension ModelExport {
    /// The model in the GGUF file or Hugging Face folder at `path`.
    ///
    /// - Throws: also if GGUF has no words for what the configuration says.
    public init(path: String, allowedFields: Set<String> = []) throws {
        switch try CheckpointKind.detect(path: path) {
        case .gguf: self = try GGUFExport(GGUFFile(path: path), allowedFields: allowedFields).export()
        case .huggingFace:
            let reader = try ModelReader(huggingFace: HuggingFaceFolder(path: path), allowedFields: allowedFields)
            self = try HuggingFaceExport(reader: reader).export()
        }
    }

    /// Throws unless the file at `path`, with this metadata and these tensors, describes the same model. Errors call it
    /// `name`.
    public func checkDescription(at path: String, named name: String) throws {
        let (read, _) = try ModelConfiguration.read(GGUFKeys(GGUFFile(path: path)))
        if let difference = configuration.difference(from: read) {
            throw ConfigurationError(
                file: name, key: difference, reason: "GGUF files of \(configuration.architecture) cannot say this")
        }
    }
}
