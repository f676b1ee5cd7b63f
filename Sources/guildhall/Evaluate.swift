import ArgumentParser
import Foundation
import Inference
import Models
import Tensors

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how well a model predicts a text, and what rounded activations and caches change.",
        discussion: """
            The reference is the model's own weights with float32 activations and KV cache, or another model of the same vocabulary \
            given with --reference. Windows of the text begin anew.
            """)

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var cacheOptions: CacheOptions
    @Option(help: "Text file.") var text: String
    @Option(help: "Model to compare with. Default: the same, with float32 activations.") var reference: String?
    @Option(help: "Tokens of the text that are used at most.") var tokens: Int = 8192
    @Option(help: "Tokens of a window.") var window: Int = 512

    func validate() throws {
        guard tokens >= 2 else { throw ValidationError("--tokens must be at least 2.") }
        guard (2...65536).contains(window) else { throw ValidationError("--window must be within 2…65536.") }
    }

    func run() throws {
        let path = try modelOptions.path()
        let source = try LoadedModel(path: reference ?? path, allowedFields: modelOptions.fields.allowed)
        guard case .decoder(let exact) = source.model else {
            throw CommandError("\(path): an encoder with a decoder has no perplexity of a text")
        }
        let pool = ComputePool(threads: threadOptions.threads)
        let other = try modelOptions.transformer(path: path, pool: pool)
        let text = String(decoding: try readFile(text), as: UTF8.self)
        let ids = Array(source.tokenizer.encode(text, addSpecial: false).prefix(tokens))
        guard ids.count >= 2 else { throw CommandError("\(self.text): is shorter than two tokens") }
        guard exact.configuration.vocabularySize == other.configuration.vocabularySize else {
            throw CommandError("\(reference ?? ""): has another vocabulary than \(path)")
        }
        let result = DivergenceMeasurement(
            reference: exact, other: other, tokens: ids,
            window: min(window, exact.configuration.contextLength, other.configuration.contextLength),
            cacheType: cacheOptions.type(for: modelOptions.activations), pool: pool
        ) { Terminal.progress("compared \($0)/\(ids.count) tokens") }
        Terminal.endProgress()
        Terminal.out(result.report(reference: "reference", other: "model"))
    }
}

extension DivergenceMeasurement {
    /// Two lines for people.
    func report(reference: String, other: String) -> String {
        let change = (otherPerplexity / referencePerplexity - 1) * 100
        return String(
            format: """
                perplexity over %d tokens: %@ %.4f, %@ %.4f (%+.3f %%)
                KL divergence: %.6f nats; same likeliest token at %.2f %% of positions

                """, positions, reference, referencePerplexity, other, otherPerplexity, change, meanDivergence,
            sameTopShare * 100)
    }
}
