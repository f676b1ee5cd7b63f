import Activations
import ArgumentParser
import Foundation
import Inference

struct TraceRecord: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Answer prompts and record the experts of every token.",
        discussion: """
            --prompts takes JSON lines, JSON, tab-separated or text files, or a folder of folders of them, whose names \
            become domains. A trace that is there already is continued.
            """)

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var cacheOptions: CacheOptions
    @OptionGroup var cacheMemory: CacheMemoryOptions
    @OptionGroup var machineOptions: MachineOptions
    @OptionGroup var recording: RecordingOptions
    @Option(help: "File or folder of prompts.") var prompts: String
    @Option(name: [.short, .long], help: "Folder of the trace.") var output: String
    @Option(help: "Prompts to take of each file at most, evenly spread over it.") var perFile: Int?
    @Option(help: "Tokens to generate for each prompt at most.") var maxTokens: Int = 128
    @Option(help: "Tokens of a prompt at most; what is beyond is cut off. Default: what the context leaves.")
    var maxPromptTokens: Int?
    @Option(help: "0 is greedy: always the most probable token.") var temperature: Float = 0
    @Option(help: "Seed of the random choices of tokens.") var seed: UInt64 = 0
    @Option(help: "Tokens that prompt and answer may have together. Default: the model's.") var context: Int?
    @Option(help: "Requests that are answered at the same time.") var maxRunning: Int = 8
    @Flag(help: "Go on past the model's end of text: every answer has --max-tokens tokens.") var ignoreEos = false
    @Flag(help: "Put each prompt into the model's chat template as a user's message.") var chat = false

    func validate() throws {
        guard maxTokens > 0 else { throw ValidationError("--max-tokens must be positive.") }
        guard perFile.map({ $0 > 0 }) ?? true else { throw ValidationError("--per-file must be positive.") }
        guard maxPromptTokens.map({ $0 > 0 }) ?? true else {
            throw ValidationError("--max-prompt-tokens must be positive.")
        }
        guard temperature >= 0, temperature.isFinite else { throw ValidationError("--temperature must be 0 or more.") }
        guard (1...256).contains(maxRunning) else { throw ValidationError("--max-running must be within 1…256.") }
    }

    func run() async throws {
        let set = try PromptSet(path: prompts, perFile: perFile)
        guard !set.prompts.isEmpty else { throw CommandError("\(prompts): has no prompts") }
        var options = EngineOptions()
        options.threads = threadOptions.threads
        options.contextLength = context
        options.maxRunning = maxRunning
        // More than are ever in flight, so that none is refused.
        options.maxWaiting = 2 * maxRunning
        try machineOptions.apply(to: &options)
        var recorder: TraceRecorder?
        let engine = try loadEngine(modelOptions, cache: cacheOptions, memory: cacheMemory, options: options) { model in
            recorder = try recording.recorder(folder: output, model: model, source: "guildhall trace record")
            return recorder
        }
        let cut = try await answer(set.prompts, engine)
        engine.shutDown()
        Terminal.endProgress()
        if cut > 0 { Terminal.error("\(cut) prompts were cut to the length that the context leaves\n") }
        guard let summary = recorder?.close() else { return }
        Terminal.out("\(output): \(summary.text)\n")
        if let failure = summary.failure { throw CommandError("\(failure)") }
    }

    /// Answers all prompts, as many at a time as the engine does, and returns how many were too long.
    private func answer(_ prompts: [LabelledPrompt], _ engine: Engine) async throws -> Int {
        var cut = 0
        var done = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, prompt) in prompts.enumerated() {
                if index >= 2 * maxRunning {
                    try await group.next()
                    done += 1
                    Terminal.progress("\(done)/\(prompts.count) prompts")
                }
                let (request, isCut) = try request(prompt, index, engine)
                cut += isCut ? 1 : 0
                let events = try engine.start(request)
                group.addTask {
                    for await event in events { if case .failed(let reason) = event { throw CommandError(reason) } }
                }
            }
            try await group.waitForAll()
        }
        return cut
    }

    private func request(_ prompt: LabelledPrompt, _ index: Int, _ engine: Engine) throws -> (
        GenerationRequest, isCut: Bool
    ) {
        let tokens =
            chat
            ? try engine.promptTokens(of: [ChatMessage(role: "user", content: prompt.text)])
            : engine.promptTokens(of: prompt.text)
        let room = max(1, engine.model.contextLength - maxTokens)
        let kept = tokens.prefix(min(room, maxPromptTokens ?? room))
        var request = GenerationRequest(promptTokens: Array(kept))
        request.maxTokens = maxTokens
        request.ignoreEndOfText = ignoreEos
        request.sampling.temperature = temperature
        request.sampling.seed = seed &+ UInt64(index)
        request.label = prompt.label
        return (request, kept.count < tokens.count)
    }
}
