import Foundation
import Inference
import Models
import Tensors

/// What `bench --json` prints. Speeds are tokens/s.
struct BenchOutput: Encodable {
    struct Prefill: Encodable {
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
    }

    struct Decode: Encodable {
        /// Of all sequences together.
        let tokens: Int
        let sequences: Int
        /// Positions in the caches at the start.
        let depth: Int
        let median: Double
        let min: Double
        let max: Double
        /// What all threads read from memory together, before and after.
        let memory_bandwidth_gb_per_s: [Double]
        /// Keys and values that a decoded token reads, halfway through.
        let kv_bytes_per_decoded_token: Int
        /// Weights, keys and values read per second while decoding one sequence, over the mean of the bandwidths. With
        /// several sequences, what is read depends on the experts they share.
        let bandwidth_share: Double?

        init(
            _ speed: SpeedMeasurement.Speed, sequences: Int, depth: Int, model: TransformerModel,
            cacheType: KVCacheType, bandwidth: [Double]
        ) {
            let cacheBytes = model.cacheBytesRead(at: depth + speed.tokens / sequences / 2, type: cacheType)
            let bytes = Double(ModelSummary(model).bytesPerDecodedToken + cacheBytes)
            tokens = speed.tokens
            self.sequences = sequences
            self.depth = depth
            median = speed.median
            min = speed.min
            max = speed.max
            memory_bandwidth_gb_per_s = bandwidth.map { $0 / 1e9 }
            kv_bytes_per_decoded_token = cacheBytes
            let mean = bandwidth.reduce(0, +) / Double(bandwidth.count)
            bandwidth_share = sequences == 1 ? speed.median * bytes / mean : nil
        }
    }

    let model: String
    let threads: Int
    let instruction_set: String
    let activations: String
    let kv_cache_type: String
    let prefill: [Prefill]
    let decode: [Decode]
    let bytes_per_decoded_token: Int
    /// From opening the file until weights are ready to be used (mapped weights are read when first used).
    let load_seconds: Double
    let peak_memory_bytes: Int

    var text: String {
        let lines = prefill.map(\.text) + decode.map(\.text)
        let read = String(format: "%.1f MB", Double(bytes_per_decoded_token) / 1e6)
        return """
            \(model), \(threads) threads, \(instruction_set), activations \(activations), KV cache \(kv_cache_type)
            \(lines.joined(separator: "\n"))
            weights read per decoded token  \(read)
            loading         \(String(format: "%.2f s", load_seconds))
            peak memory     \(String(format: "%.1f MB", Double(peak_memory_bytes) / 1e6))

            """
    }
}

extension BenchOutput.Prefill {
    fileprivate var text: String {
        String(format: "prefill %5d tokens  %9.2f tokens/s  (%.2f … %.2f)", tokens, median, min, max)
    }
}

extension BenchOutput.Decode {
    fileprivate var text: String {
        let speed = String(
            format: "decode  %5d tokens  %9.2f tokens/s  (%.2f … %.2f)", tokens, median, min, max)
        let together = sequences == 1 ? "" : ", \(sequences) sequences together"
        let start = depth == 0 ? "" : ", from position \(depth)"
        let bandwidth = memory_bandwidth_gb_per_s.map { String(format: "%.1f", $0) }.joined(separator: " and ")
        let share = bandwidth_share.map { String(format: ", %.0f %% of", $0 * 100) } ?? ","
        return "\(speed)\(together)\(start)\(share) the \(bandwidth) GB/s measured before and after"
    }
}
