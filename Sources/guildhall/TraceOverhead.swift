import Activations
import ArgumentParser
import Foundation
import Inference

struct TraceOverhead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overhead", abstract: "Measure by how much recording slows answers down.",
        discussion: """
            The same random requests are answered by turns without recording and with it, in one process. Says the median \
            over the pairs of turns, and its 95 % interval. The trace goes to a temporary folder.
            """)

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var cacheOptions: CacheOptions
    @OptionGroup var cacheMemory: CacheMemoryOptions
    @OptionGroup var machineOptions: MachineOptions
    @OptionGroup var recording: RecordingOptions
    @Option(help: "Tokens of each prompt.") var promptTokens: Int = 64
    @Option(help: "Tokens of each answer.") var generateTokens: Int = 32
    @Option(help: "Requests that are answered at the same time.") var maxRunning: Int = 8
    @Option(help: "Pairs of turns, after one to warm up.") var pairs: Int = 40
    @Option(help: "Seed of the prompts.") var seed: UInt64 = 1

    func validate() throws {
        guard promptTokens > 0, generateTokens > 0 else {
            throw ValidationError("--prompt-tokens and --generate-tokens must be positive.")
        }
        guard (1...256).contains(maxRunning) else { throw ValidationError("--max-running must be within 1…256.") }
        guard (1...100_000).contains(pairs) else { throw ValidationError("--pairs must be within 1…100000.") }
    }

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-trace-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var options = EngineOptions()
        options.threads = threadOptions.threads
        options.contextLength = max(promptTokens + generateTokens, EngineOptions.smallestContext)
        options.maxRunning = maxRunning
        try machineOptions.apply(to: &options)
        let (model, prepared) = try prepareEngine(
            modelOptions, cache: cacheOptions, memory: cacheMemory, options: options)
        let recorder = try recording.recorder(folder: folder, model: model, source: "guildhall trace overhead")
        var recordingOptions = prepared
        recordingOptions.recorder = recorder
        let engines = [prepared, recordingOptions].map { Engine(model: model, options: $0) }
        let measurement = RecordingOverhead(plain: engines[0], recorded: engines[1], settings: settings)
        let measured = try await measure(measurement)
        for engine in engines { engine.shutDown() }
        Terminal.endProgress()
        report(RecordingOverhead.Summary(measured), tokens: measurement.tokens, written: recorder.close())
    }

    private var settings: RecordingOverhead.Settings {
        var settings = RecordingOverhead.Settings()
        settings.requests = maxRunning
        settings.promptTokens = promptTokens
        settings.generateTokens = generateTokens
        settings.seed = seed
        return settings
    }

    private func measure(_ measurement: RecordingOverhead) async throws -> [RecordingOverhead.Pair] {
        var measurement = measurement
        var measured: [RecordingOverhead.Pair] = []
        _ = try await measurement.pair()
        for number in 1...pairs {
            measured.append(try await measurement.pair())
            Terminal.progress("pair \(number) of \(pairs)")
        }
        return measured
    }

    private func report(_ summary: RecordingOverhead.Summary, tokens: Int, written: TraceRecorder.Summary) {
        Terminal.out(
            String(
                format: """
                    without recording  %8.1f tokens/s
                    with recording     %8.1f tokens/s
                    slower by %.2f %% [%.2f, %.2f] (median of %d pairs, 95 %% interval)

                    """, Double(tokens) / summary.plain, Double(tokens) / summary.recorded, summary.median * 100,
                summary.low * 100, summary.high * 100, pairs))
        Terminal.out("recorded: \(written.text)\n")
    }
}
