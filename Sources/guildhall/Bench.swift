import ArgumentParser
import Foundation
import Inference
import Models
import Tensors

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure prefill and decode speed and what limits it.",
        discussion: """
            Random token ids; prefill and decode are measured apart, like llama-bench's pp and tg: prefill for each number \
            of prompt tokens, decode for each depth with each number of sequences.
            """)

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var cacheOptions: CacheOptions
    @OptionGroup var machineOptions: MachineOptions
    @Option(help: "Tokens of the prompt, for example 128,512,2048; 0 for none.") var promptTokens = Counts([512])
    @Option(help: "Tokens to decode; 0 for none.") var generateTokens: Int = 64
    @Option(help: "Sequences that are decoded together, for example 1,4,16; the speed is that of all of them.")
    var sequences = Counts([1])
    @Flag(
        help: """
            Give all sequences the same tokens, so that they choose the same experts, as some peers' benchmarks do. \
            Otherwise each has its own.
            """)
    var sameTokens = false
    @Option(help: "Positions in the KV cache before the measured part, for example 0,4096; they hold random numbers.")
    var depth = Counts([0])
    @Option(help: "Measured runs of each, after one to warm up.") var repetitions: Int = 5
    @Option(help: "Prompt tokens that go through the model at once.") var batch: Int = 512
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard generateTokens >= 0 else { throw ValidationError("Token counts must not be negative.") }
        guard (1...1000).contains(repetitions) else { throw ValidationError("--repetitions must be within 1…1000.") }
        guard sequences.values.allSatisfy({ (1...256).contains($0) && $0 <= batch }) else {
            throw ValidationError("--sequences must be within 1…256 and at most --batch.")
        }
        guard (1...8192).contains(batch) else { throw ValidationError("--batch must be within 1…8192.") }
        let most = TransformerModel.mostPositions
        guard (promptTokens.values + depth.values + [generateTokens]).allSatisfy({ $0 <= most }) else {
            throw ValidationError("--prompt-tokens, --generate-tokens and --depth must be at most \(most).")
        }
    }

    func run() throws {
        let path = try modelOptions.path()
        let processors = try machineOptions.processors(threads: threadOptions.threads)
        try machineOptions.placeMemory()
        Terminal.progress("loading \(path)")
        let pool = ComputePool(threads: threadOptions.threads)
        // Before the model, so that its memory is there all the time and can be taken off the most that was used.
        let probe = generateTokens > 0 ? BandwidthProbe(pool: pool) : nil
        let start = ContinuousClock.now
        let model = try modelOptions.transformer(path: path, pool: pool)
        let loading = (ContinuousClock.now - start).seconds
        // Threads that loading starts would inherit the processor of the first.
        if let processors { try pool.pin(to: processors) }
        let cacheType = cacheOptions.type(for: modelOptions.activations)
        try checkMemory(of: model, cacheType)
        let runner = ModelRunner(model: model, pool: pool, maxBatch: batch, cacheType: cacheType)
        let output = BenchOutput(
            model: path, threads: pool.threads, instruction_set: Kernels.selected.instructionSet.rawValue,
            activations: modelOptions.activations.defaultValueDescription, kv_cache_type: cacheType.rawValue,
            prefill: promptTokens.values.filter { $0 > 0 }.map { prefill($0, runner, pool) },
            decode: probe.map { probe in
                depth.values.flatMap { depth in
                    sequences.values.map { decode($0, depth: depth, runner, pool, probe) }
                }
            } ?? [], bytes_per_decoded_token: ModelSummary(model).bytesPerDecodedToken, load_seconds: loading,
            peak_memory_bytes: MachineMeasurement.peakResidentBytes() - (probe?.byteCount ?? 0))
        Terminal.endProgress()
        if json { try printJSON(output) } else { Terminal.out(output.text) }
    }

    private func settings(tokens: Int = 0, sequences: Int = 1, depth: Int = 0) -> SpeedMeasurement.Settings {
        var settings = SpeedMeasurement.Settings()
        settings.promptTokens = tokens
        settings.generateTokens = generateTokens
        settings.repetitions = repetitions
        settings.depth = depth
        settings.sequences = sequences
        settings.sameTokens = sameTokens
        return settings
    }

    private func prefill(_ tokens: Int, _ runner: ModelRunner, _ pool: ComputePool) -> BenchOutput.Prefill {
        var measurement = SpeedMeasurement(runner: runner, pool: pool, settings: settings(tokens: tokens))
        return BenchOutput.Prefill(measurement.prefill { Terminal.progress("\(tokens) tokens: \($0)") })
    }

    /// The machine's bandwidth changes with what else runs on its host, so it is measured before and after.
    private func decode(
        _ sequences: Int, depth: Int, _ runner: ModelRunner, _ pool: ComputePool, _ probe: BandwidthProbe
    ) -> BenchOutput.Decode {
        let before = probe.bytesPerSecond()
        var measurement = SpeedMeasurement(
            runner: runner, pool: pool, settings: settings(sequences: sequences, depth: depth))
        let speed = measurement.decode { Terminal.progress("\(sequences) sequences, depth \(depth): \($0)") }
        return BenchOutput.Decode(
            speed, sequences: sequences, depth: depth, model: runner.model,
            cacheType: cacheOptions.type(for: modelOptions.activations),
            bandwidth: [before, probe.bytesPerSecond()])
    }

    /// The KV caches must fit into half of the machine's memory.
    private func checkMemory(of model: TransformerModel, _ type: KVCacheType) throws {
        let together = sequences.values.max() ?? 1, deepest = depth.values.max() ?? 0
        let share = Int(clamping: ProcessInfo.processInfo.physicalMemory / 2) / together
        let positions = max(deepest + generateTokens, promptTokens.values.max() ?? 0)
        let fitting = model.longestSequence(cacheType: type, cacheBytes: share, maxBatch: max(batch, deepest))
        guard positions <= fitting else {
            throw CommandError(
                "\(together) sequences of \(positions) positions need more than half of the machine's memory, which "
                    + "holds \(fitting) of each")
        }
    }
}

/// Numbers on the command line, separated by commas.
struct Counts: ExpressibleByArgument {
    let values: [Int]

    init(_ values: [Int]) { self.values = values }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.allSatisfy({ ($0 ?? -1) >= 0 }), parts.count <= 64 else { return nil }
        values = parts.compactMap { $0 }
    }

    var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }
}
