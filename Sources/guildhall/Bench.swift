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
    @Option(help: "Tokens of the prompt.") var promptTokens: Int = 512
    @Option(help: "Tokens to decode.") var generateTokens: Int = 64
    @Option(help: "Positions in the KV cache before the measured part.") var depth: Int = 0
    @Option(help: "Measured runs of each, after one to warm up.") var repetitions: Int = 5
    @Option(help: "Prompt tokens that go through the model at once.") var batch: Int = 512
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard promptTokens >= 0, generateTokens >= 0, depth >= 0 else {
            throw ValidationError("Token counts must not be negative.")
        }
        guard (1...1000).contains(repetitions) else { throw ValidationError("--repetitions must be within 1…1000.") }
        guard (1...8192).contains(batch) else { throw ValidationError("--batch must be within 1…8192.") }
    }

    func run() throws {
        let path = try modelOptions.path()
        Terminal.progress("loading \(path)")
        let model = try TransformerModel(path: path, allowedFields: modelOptions.fields.allowed)
        let pool = ComputePool(threads: threadOptions.threads)
        var settings = SpeedMeasurement.Settings()
        settings.promptTokens = promptTokens
        settings.generateTokens = generateTokens
        settings.repetitions = repetitions
        settings.depth = depth
        var measurement = SpeedMeasurement(
            runner: ModelRunner(model: model, pool: pool, maxBatch: batch), settings: settings)
        let prefill = measurement.prefill(progress: Terminal.progress)
        let decode = measurement.decode(progress: Terminal.progress)
        let peak = MachineMeasurement.peakResidentBytes()
        Terminal.progress("measuring memory bandwidth")
        let bandwidth = MachineMeasurement.readBandwidth(pool: pool)
        Terminal.endProgress()
        let output = BenchOutput(
            model: path, threads: pool.threads, instructionSet: Kernels.selected.instructionSet.rawValue,
            prefill: prefill, decode: decode, bytesPerToken: ModelSummary(model).bytesPerDecodedToken,
            bandwidth: bandwidth, peak: peak)
        if json { try printJSON(output) } else { Terminal.out(output.text) }
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
    let memory_bandwidth_gb_per_s: Double
    /// Weights read per second while decoding, over what the machine can read.
    let decode_bandwidth_share: Double
    let peak_memory_bytes: Int

    init(
        model: String, threads: Int, instructionSet: String, prefill: SpeedMeasurement.Speed,
        decode: SpeedMeasurement.Speed, bytesPerToken: Int, bandwidth: Double, peak: Int
    ) {
        self.model = model
        self.threads = threads
        instruction_set = instructionSet
        self.prefill = Figures(prefill)
        self.decode = Figures(decode)
        bytes_per_decoded_token = bytesPerToken
        memory_bandwidth_gb_per_s = bandwidth / 1e9
        decode_bandwidth_share = decode.median * Double(bytesPerToken) / bandwidth
        peak_memory_bytes = peak
    }

    var text: String {
        """
        \(model), \(threads) threads, \(instruction_set)
        prefill  \(prefill.text)
        decode   \(decode.text)
        read per token  \(String(format: "%.1f MB", Double(bytes_per_decoded_token) / 1e6)), \
        \(String(format: "%.0f %%", decode_bandwidth_share * 100)) of the \
        \(String(format: "%.1f GB/s", memory_bandwidth_gb_per_s)) measured
        peak memory     \(String(format: "%.1f MB", Double(peak_memory_bytes) / 1e6))

        """
    }
}
