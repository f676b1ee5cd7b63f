import ArgumentParser
import Foundation
import Inference
import Models
import Tensors

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure prefill and decode speed and what limits it.",
        discussion: "Random token ids; prefill and decode are measured apart, like llama-bench's pp and tg.")

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var machineOptions: MachineOptions
    @OptionGroup var cacheOptions: CacheOptions
    @Option(help: "Tokens of the prompt.") var promptTokens: Int = 512
    @Option(help: "Tokens to decode.") var generateTokens: Int = 64
    @Option(help: "Sequences that are decoded together; the speed is that of all of them.") var sequences: Int = 1
    @Option(help: "Positions in the KV cache before the measured part; they hold random keys and values.")
    var depth: Int = 0
    @Option(help: "Measured runs of each, after one to warm up.") var repetitions: Int = 5
    @Option(help: "Prompt tokens that go through the model at once.") var batch: Int = 512
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard promptTokens >= 0, generateTokens >= 0, depth >= 0 else {
            throw ValidationError("Token counts must not be negative.")
        }
        guard (1...1000).contains(repetitions) else { throw ValidationError("--repetitions must be within 1…1000.") }
        guard (1...256).contains(sequences), sequences <= batch else {
            throw ValidationError("--sequences must be within 1…256 and at most --batch.")
        }
        guard (1...8192).contains(batch) else { throw ValidationError("--batch must be within 1…8192.") }
    }

    func run() throws {
        let path = try modelOptions.path()
        let processors = try machineOptions.processors(threads: threadOptions.threads)
        try machineOptions.placeMemory()
        Terminal.progress("loading \(path)")
        let pool = ComputePool(threads: threadOptions.threads)
        if let processors { try pool.pin(to: processors) }
        let model = try modelOptions.transformer(path: path, pool: pool)
        var settings = SpeedMeasurement.Settings()
        settings.promptTokens = promptTokens
        settings.generateTokens = generateTokens
        settings.repetitions = repetitions
        settings.depth = depth
        settings.sequences = sequences
        let cacheType = cacheOptions.type(for: modelOptions.activations)
        try checkMemory(of: model, cacheType)
        var measurement = SpeedMeasurement(
            runner: ModelRunner(model: model, pool: pool, maxBatch: batch, cacheType: cacheType), pool: pool,
            settings: settings)
        let prefill = measurement.prefill(progress: Terminal.progress)
        let decode = measurement.decode(progress: Terminal.progress)
        let peak = MachineMeasurement.peakResidentBytes()
        Terminal.progress("measuring memory bandwidth")
        let bandwidth = MachineMeasurement.readBandwidth(pool: pool)
        Terminal.endProgress()
        let output = BenchOutput(
            model: path, threads: pool.threads,
            activations: modelOptions.activations.defaultValueDescription, sequences: sequences,
            instructionSet: Kernels.selected.instructionSet.rawValue,
            prefill: prefill, decode: decode, bytesPerToken: ModelSummary(model).bytesPerDecodedToken,
            depth: depth, cacheType: cacheType,
            cacheBytesPerToken: model.cacheBytesRead(at: depth + generateTokens / 2, type: cacheType),
            bandwidth: bandwidth, peak: peak)
        if json { try printJSON(output) } else { Terminal.out(output.text) }
    }

    /// The KV caches must fit into half of the machine's memory.
    private func checkMemory(of model: TransformerModel, _ type: KVCacheType) throws {
        let share = Int(clamping: ProcessInfo.processInfo.physicalMemory / 2) / sequences
        let positions = depth + max(promptTokens, generateTokens)
        let fitting = model.longestSequence(cacheType: type, cacheBytes: share, maxBatch: max(batch, depth))
        guard positions <= fitting else {
            throw CommandError(
                "\(sequences) sequences of \(positions) positions need more than half of the machine's memory, which holds "
                    + "\(fitting) of each")
        }
    }
}

/// What `bench --json` prints. Speeds are tokens/s.
private struct BenchOutput: Encodable {
    struct Figures: Encodable {
        let tokens: Int
        let median: Double
        let min: Double
        let max: Double

        init(_ speed: SpeedMeasurement.Speed) {
            tokens = speed.tokens
            median = speed.median
            min = speed.min
            max = speed.max
        }

        var text: String {
            String(format: "%5d tokens  %9.2f tokens/s  (%.2f … %.2f)", tokens, median, min, max)
        }
    }

    let model: String
    let threads: Int
    let instruction_set: String
    let prefill: Figures
    let decode: Figures
    let bytes_per_decoded_token: Int
    let depth: Int
    let kv_cache_type: String
    /// Keys and values that a decoded token reads, halfway through.
    let kv_bytes_per_decoded_token: Int
    let memory_bandwidth_gb_per_s: Double
    let activations: String
    let sequences: Int
    /// Weights, keys and values read per second while decoding one sequence, over what the machine can read. With several sequences,
    /// what is read depends on the experts they share.
    let decode_bandwidth_share: Double?
    let peak_memory_bytes: Int

    init(
        model: String, threads: Int, activations: String, sequences: Int, instructionSet: String,
        prefill: SpeedMeasurement.Speed,
        decode: SpeedMeasurement.Speed, bytesPerToken: Int, depth: Int, cacheType: KVCacheType,
        cacheBytesPerToken: Int, bandwidth: Double, peak: Int
    ) {
        self.model = model
        self.threads = threads
        self.activations = activations
        self.sequences = sequences
        instruction_set = instructionSet
        self.prefill = Figures(prefill)
        self.decode = Figures(decode)
        bytes_per_decoded_token = bytesPerToken
        self.depth = depth
        kv_cache_type = cacheType.rawValue
        kv_bytes_per_decoded_token = cacheBytesPerToken
        memory_bandwidth_gb_per_s = bandwidth / 1e9
        decode_bandwidth_share =
            sequences == 1 ? decode.median * Double(bytesPerToken + cacheBytesPerToken) / bandwidth : nil
        peak_memory_bytes = peak
    }

    private var share: String {
        guard let share = decode_bandwidth_share else { return " of one sequence" }
        return String(format: ", %.0f %% of the %.1f GB/s measured", share * 100, memory_bandwidth_gb_per_s)
    }

    private var read: String {
        String(
            format: "%.1f MB of weights, %.1f MB of keys and values", Double(bytes_per_decoded_token) / 1e6,
            Double(kv_bytes_per_decoded_token) / 1e6)
    }

    var text: String {
        """
        \(model), \(threads) threads, \(instruction_set), activations \(activations), KV cache \(kv_cache_type)
        depth    \(depth) positions of random keys and values
        prefill  \(prefill.text)
        decode   \(decode.text)\(sequences == 1 ? "" : ", \(sequences) sequences together")
        read per token  \(read)\(share)
        peak memory     \(String(format: "%.1f MB", Double(peak_memory_bytes) / 1e6))

        """
    }
}
