import ArgumentParser
import Checkpoints
import Foundation
import Inference
import Models
import Quantization
import Tensors
import Tokenization

struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a model as a GGUF file in other number formats.",
        discussion: """
            Reads a GGUF file or a Hugging Face folder. Norms, biases and routers stay float32; a matrix whose rows are \
            no whole number of blocks is stored as Q8_0 or F16.

            A recipe is a text file, a line a rule: PATTERN [experts=LIST] TYPE, for example
              blk.*.attn_* Q8_0
              blk.7.ffn_*_exps.weight experts=0-3,17 Q6_K
            The last rule that matches a tensor counts. A tensor whose experts differ in type is stored as one tensor an \
            expert, which Guildhall reads and llama.cpp does not.
            """)

    @Option(name: [.short, .long], help: "GGUF file or Hugging Face folder.") var model: String
    @Option(name: [.short, .long], help: "GGUF file to write.") var output: String
    @Option(help: "Type of matrices: \(QuantizationTypes.all.map(\.name).joined(separator: ", ")).") var type: String
    @Option(help: "Type of routed experts. Default: as --type.") var experts: String?
    @Option(help: "File with rules for single tensors and experts.") var recipe: String?
    @Option(help: "Recorded expert use: a saved answer of GET /v1/experts, or a trace folder.") var activations: String?
    @Option(help: "With --activations: the share of each layer's experts, the busiest first, that keep more bits.")
    var criticalShare: Double = 0.125
    @Option(help: "With --activations: their type.") var criticalType: String = "Q8_0"
    @Option(help: "Text file on which both models are compared: perplexity, KL divergence.") var evaluate: String?
    @Option(help: "With --evaluate: tokens of the text that are used at most.") var evaluateTokens: Int = 8192
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var fields: FieldOptions

    func validate() throws {
        guard (0...1).contains(criticalShare) else { throw ValidationError("--critical-share must be within 0…1.") }
        guard evaluateTokens >= 2 else { throw ValidationError("--evaluate-tokens must be at least 2.") }
    }

    func run() throws {
        let export = try ModelExport(path: model, allowedFields: fields.allowed)
        let mostly = try QuantizationTypes.type(type)
        let plan = try QuantizationPlan(
            export, type: mostly, experts: try experts.map { try QuantizationTypes.type($0) }, recipe: try rules(export)
        )
        // What is missing is better known before hours of work.
        let text = try evaluate.map { try (readFile($0), LoadedModel(path: model, allowedFields: fields.allowed)) }
        let pool = ComputePool(threads: threadOptions.threads)
        try GGUFQuantizer(export, plan: plan, pool: pool).write(
            to: output, metadata: try origin(), mostly: mostly, progress: report)
        print(summary(plan))
        if let (bytes, source) = text { try compare(source, on: bytes, pool: pool) }
    }

    private func rules(_ export: ModelExport) throws -> QuantizationRecipe {
        var rules: [QuantizationRecipe.Rule] = []
        if let activations {
            rules += try ExpertUse(path: activations).recipe(
                share: criticalShare, type: QuantizationTypes.type(criticalType),
                blocks: export.configuration.moeBlocks, expertCount: export.configuration.experts.count
            ).rules
        }
        if let recipe {
            let text = String(decoding: try readFile(recipe), as: UTF8.self)
            rules += try QuantizationRecipe(parsing: text, file: recipe).rules
        }
        return QuantizationRecipe(rules: rules)
    }

    /// The tokenizer and the name of a folder; a GGUF file has its own.
    private func origin() throws -> [(key: String, value: MetadataValue)] {
        guard try CheckpointKind.detect(path: model) == .huggingFace else { return [] }
        let name = URL(fileURLWithPath: model).standardizedFileURL.lastPathComponent
        return [("general.name", .string(name))] + (try TokenizerExport.metadata(of: HuggingFaceFolder(path: model)))
    }

    private func report(_ tensor: GGUFQuantizer.Report) {
        let shape = tensor.shape.map(String.init).joined(separator: " × ")
        let error = tensor.relativeRMSE.map { String(format: "relative RMSE %.5f", $0) } ?? "as it was"
        print("\(tensor.name.padded(to: 34)) \(shape.padded(to: 20)) \(tensor.type.name.padded(to: 5)) \(error)")
    }

    private func summary(_ plan: QuantizationPlan) -> String {
        let bytes = plan.items.reduce(0) { $0 + ($1.type.byteCount(elements: $1.shape.reduce(1, *)) ?? 0) }
        let numbers = plan.items.reduce(0) { $0 + $1.shape.reduce(1, *) }
        return String(
            format: "%@: %d tensors, %.1f MB, %.2f bits a number", output, plan.items.count, Double(bytes) / 1e6,
            Double(bytes) * 8 / Double(max(numbers, 1)))
    }

    private func compare(_ source: LoadedModel, on bytes: Data, pool: ComputePool) throws {
        let tokens = Array(source.tokenizer.encode(String(decoding: bytes, as: UTF8.self)).prefix(evaluateTokens))
        guard tokens.count >= 2 else { throw CommandError("\(evaluate ?? ""): is shorter than two tokens") }
        guard case .decoder(let reference) = source.model else { return }
        let other = try TransformerModel(path: output)
        let result = DivergenceMeasurement(
            reference: reference, other: other, tokens: tokens,
            window: min(512, reference.configuration.contextLength), pool: pool
        ) { Terminal.progress("compared \($0)/\(tokens.count) tokens") }
        Terminal.endProgress()
        Terminal.out(result.report(reference: "source", other: "quantised"))
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self
    }
}
