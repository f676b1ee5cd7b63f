import ArgumentParser
import Foundation
import Inference

struct Generate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Continue a prompt.",
        discussion: "Text goes to standard output as it is generated, a summary of speed to standard error.")

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var machineOptions: MachineOptions
    @OptionGroup var cacheOptions: CacheOptions
    @OptionGroup var cacheMemory: CacheMemoryOptions
    @OptionGroup var sampling: SamplingArguments

    @Option(help: "Text to continue.") var prompt: String?
    @Option(help: "File with the text to continue; - is standard input.") var promptFile: String?
    @Option(help: "Tokens to generate at most. Default: 256, or what fits into the context.") var maxTokens: Int = 256
    @Option(help: "Tokens that prompt and answer may have together. Default: the model's.") var context: Int?
    @Option(help: "Text that ends the answer (repeatable).") var stop: [String] = []
    @Flag(help: "Put the prompt into the model's chat template as a user's message.") var chat = false
    @Flag(help: "Print one JSON object instead of text.") var json = false

    func validate() throws {
        guard (prompt == nil) != (promptFile == nil) else {
            throw ValidationError("Give either --prompt or --prompt-file.")
        }
        guard maxTokens >= 0 else { throw ValidationError("--max-tokens must not be negative.") }
        guard context.map({ $0 > 0 }) ?? true else { throw ValidationError("--context must be positive.") }
    }

    func run() async throws {
        let text = try promptText()
        var options = EngineOptions()
        options.threads = threadOptions.threads
        options.contextLength = context
        try machineOptions.apply(to: &options)
        let engine = try loadEngine(modelOptions, cache: cacheOptions, memory: cacheMemory, options: options)
        let tokens =
            chat
            ? try engine.promptTokens(of: [ChatMessage(role: "user", content: text)])
            : engine.promptTokens(of: text)
        var request = GenerationRequest(promptTokens: tokens)
        request.maxTokens = maxTokens
        request.sampling = try sampling.options()
        request.stop = stop
        let answer = try await stream(request, from: engine)
        if json { try printJSON(GenerateOutput(answer.result, text: answer.text)) } else { Terminal.out("\n") }
        Terminal.error(summary(answer.result))
    }

    private func promptText() throws -> String {
        guard let promptFile else { return prompt ?? "" }
        let data =
            promptFile == "-"
            ? try FileHandle.standardInput.readToEnd() ?? Data()
            : try readFile(promptFile)
        guard let text = String(data: data, encoding: .utf8) else {
            throw CommandError("\(promptFile): not UTF-8 text")
        }
        return text
    }

    private func stream(_ request: GenerationRequest, from engine: Engine) async throws
        -> (text: String, result: GenerationResult)
    {
        var text = ""
        func emit(_ piece: String) {
            text += piece
            if !json { Terminal.out(piece) }
        }
        for await event in try engine.start(request) {
            switch event {
            case .prefill(let done, let total):
                if done < total { Terminal.progress("prefill \(done)/\(total) tokens") } else { Terminal.endProgress() }
            case .token(_, let piece), .text(let piece): emit(piece)
            case .finished(let result): return (text, result)
            case .failed(let reason): throw CommandError(reason)
            }
        }
        throw CommandError("the engine ended without an answer")
    }

    private func summary(_ result: GenerationResult) -> String {
        let prefill = speed(result.promptTokens, result.prefillSeconds)
        // The first token comes out of prefill; decoding makes the others.
        let decode = speed(max(0, result.tokens.count - 1), result.decodeSeconds)
        return "prefill \(result.promptTokens) tokens, \(prefill) tokens/s; "
            + "decode \(result.tokens.count) tokens, \(decode) tokens/s; "
            + "\(result.finishReason.rawValue), seed \(result.seed)\n"
    }

    private func speed(_ tokens: Int, _ seconds: Double) -> String {
        seconds > 0 ? String(format: "%.1f", Double(tokens) / seconds) : "-"
    }
}

/// How the next token is chosen.
struct SamplingArguments: ParsableArguments {
    @Option(help: "0 is greedy: always the most probable token.") var temperature: Float = 0.8
    @Option(help: "Keep the K most probable tokens; 0 keeps all.") var topK: Int = 0
    @Option(help: "Keep the most probable tokens whose probabilities sum to P.") var topP: Float = 1
    @Option(help: "Drop tokens less probable than this share of the most probable one.") var minP: Float = 0
    @Option(help: "Seed of the random choices. Default: a new one, printed in the summary.") var seed: UInt64?

    func validate() throws {
        guard temperature >= 0, temperature.isFinite else {
            throw ValidationError("--temperature must be 0 or more.")
        }
        guard topK >= 0 else { throw ValidationError("--top-k must not be negative.") }
        guard topP > 0, topP <= 1 else { throw ValidationError("--top-p must be above 0 and at most 1.") }
        guard minP >= 0, minP <= 1 else { throw ValidationError("--min-p must be within 0…1.") }
    }

    func options() throws -> SamplingOptions {
        var options = SamplingOptions()
        options.temperature = temperature
        options.topK = topK
        options.topP = topP
        options.minP = minP
        options.seed = seed
        return options
    }
}

/// What `generate --json` prints.
private struct GenerateOutput: Encodable {
    let prompt_tokens: Int
    let tokens: [TokenID]
    let text: String
    let finish_reason: String
    let seed: UInt64
    let prefill_seconds: Double
    let decode_seconds: Double

    init(_ result: GenerationResult, text: String) {
        prompt_tokens = result.promptTokens
        tokens = result.tokens
        self.text = text
        finish_reason = result.finishReason.rawValue
        seed = result.seed
        prefill_seconds = result.prefillSeconds
        decode_seconds = result.decodeSeconds
    }
}
