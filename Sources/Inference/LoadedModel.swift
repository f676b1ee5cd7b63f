import Checkpoints
import Foundation
import Models
import Tensors
import Tokenization

/// A checkpoint ready to answer: weights, tokenizer and chat template.
public struct LoadedModel: Sendable {
    /// The name clients give: the file's or folder's name without extension.
    public let id: String
    public let path: String
    public let model: LanguageModel
    public let tokenizer: Tokenizer
    /// Tokens that end an answer: the tokenizer's, and those that a folder's configuration names.
    public let endOfGeneration: Set<TokenID>
    /// Jinja source of the chat template, if the checkpoint has one.
    public let chatTemplate: String?

    /// Opens the GGUF file or Hugging Face folder at `path`. Weights stay mapped; only what must be is copied.
    ///
    /// - Parameters:
    ///   - allowedFields: unknown fields of the configuration that do not matter.
    ///   - activations: how inputs of products are read; for int8, weights are laid out anew by `threads` threads.
    ///   - cache: where weights that are laid out so are kept for the next time.
    ///   - progress: told which share of a step is done.
    public init(
        path: String, allowedFields: Set<String> = [], activations: ActivationPrecision = .float32, threads: Int = 1,
        cache: PackedCache? = nil, progress: (LayoutStep, _ share: Double) -> Void = { _, _ in }
    ) throws {
        self.path = path
        id = LoadedModel.identifier(of: path)
        switch try CheckpointKind.detect(path: path) {
        case .gguf:
            let file = try GGUFFile(path: path)
            model = LanguageModel.decoder(try TransformerModel(gguf: file, allowedFields: allowedFields))
                .laidOut(for: activations, threads: threads, cache: cache, progress: progress)
            tokenizer = try Tokenizer(metadata: file.metadata, source: path)
            chatTemplate = tokenizer.chatTemplate
            endOfGeneration = tokenizer.endOfGeneration
        case .huggingFace:
            let folder = try HuggingFaceFolder(path: path)
            model = try LanguageModel(huggingFace: folder, allowedFields: allowedFields)
                .laidOut(for: activations, threads: threads, cache: cache, progress: progress)
            tokenizer = try Tokenizer(huggingFace: folder)
            chatTemplate = try PromptTemplate.source(inFolder: path)
            endOfGeneration = try tokenizer.endOfGeneration.union(LoadedModel.endTokens(of: folder))
                .union(model.endTokens)
        }
        try checkVocabulary()
    }

    /// Ids past the embedding would read outside of it. Fewer tokens than rows is common: embeddings are padded.
    private func checkVocabulary() throws {
        let rows = model.outline.vocabularySize
        guard tokenizer.vocabularySize <= rows else {
            throw CheckpointError(
                file: path, reason: "the vocabulary has \(tokenizer.vocabularySize) tokens, the embedding \(rows) rows")
        }
    }

    /// `eos_token_id` of `generation_config.json`: one id or several.
    private static func endTokens(of folder: HuggingFaceFolder) throws -> [TokenID] {
        guard let data = try folder.generationConfig else { return [] }
        let file = "\(folder.path)/generation_config.json"
        let value = try ConfigValue.parse(bytes: [UInt8](data), file: file)["eos_token_id"]
        return (value?.arrayValue ?? [value].compactMap { $0 }).compactMap {
            $0.intValue.flatMap(TokenID.init(exactly:))
        }
    }

    private static func identifier(of path: String) -> String {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        return url.pathExtension.lowercased() == "gguf"
            ? url.deletingPathExtension().lastPathComponent
            : url.lastPathComponent
    }
}

extension LanguageModel {
    /// Tokens that end an answer, where the model's own configuration says so.
    fileprivate var endTokens: Set<TokenID> {
        if case .encoderDecoder(let model) = self { model.configuration.endTokens } else { [] }
    }

    /// Whether an answer goes on where the prompt ends, so that white space at its beginning counts.
    var continuesPrompt: Bool {
        if case .decoder = self { true } else { false }
    }
}
