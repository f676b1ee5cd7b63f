import Checkpoints
import Foundation
import Models
import Tensors
import Testing

/// A tiny random checkpoint with the logits that Hugging Face transformers computes for it in float32.
struct GoldenCheckpoint: CustomTestStringConvertible, Sendable {
    let path: String

    /// The same checkpoint as a GGUF file, where there is one.
    var gguf: String? {
        let url = URL(fileURLWithPath: path)
        let file = url.deletingLastPathComponent().path + "-gguf/\(url.lastPathComponent).gguf"
        return FileManager.default.fileExists(atPath: file) ? file : nil
    }

    var testDescription: String { path.split(separator: "/").suffix(2).joined(separator: "/") }

    /// The checkpoints in the repository.
    static let fixtures: [GoldenCheckpoint] = folders(in: packageRoot + "/Tests/Fixtures/golden")

    /// The checkpoints outside of it, where they are present.
    static let shared: [GoldenCheckpoint] = {
        let root = ProcessInfo.processInfo.environment["GUILDHALL_SHARED"] ?? packageRoot + "/../shared"
        return folders(in: root + "/golden")
    }()

    private static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private static func folders(in parent: String) -> [GoldenCheckpoint] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        return names.sorted().map { GoldenCheckpoint(path: parent + "/" + $0) }
            .filter { FileManager.default.fileExists(atPath: $0.path + "/expected.safetensors") }
    }

    /// The expected logits next to those of `model`, fed `chunk` tokens at a time.
    func compare(_ model: TransformerModel, chunk: Int, cacheType: KVCacheType = .f32) throws -> Comparison {
        let expected = try SafetensorsFile(path: path + "/expected.safetensors")
        let ids = try expected.integers("input_ids")
        let view = try expected.tensor("logits")
        let runner = ModelRunner(model: model, pool: ComputePool(threads: 2), maxBatch: 256, cacheType: cacheType)
        var comparison = Comparison(vocabulary: model.configuration.vocabularySize)
        for row in 0..<ids.shape[0] {
            let tokens = ids.values[row * ids.shape[1]..<(row + 1) * ids.shape[1]].map { Int32($0) }
            let cache = runner.makeCache(capacity: tokens.count)
            for start in stride(from: 0, to: tokens.count, by: chunk) {
                let part = tokens[start..<min(start + chunk, tokens.count)]
                guard let logits = runner.forward(part, cache: cache, logits: .all) else { continue }
                let offset = (row * tokens.count + start) * comparison.vocabulary
                comparison.add(logits, expected: view, offset: offset)
            }
        }
        return comparison
    }
}

/// How far logits are from the expected ones.
struct Comparison {
    let vocabulary: Int
    var largestDifference: Float = 0
    /// Positions where the largest logit is another token's.
    var greedyMismatches = 0
    var positions = 0
    /// All logits, for bit-exact comparisons between ways of feeding.
    var logits: [Float] = []

    init(vocabulary: Int) { self.vocabulary = vocabulary }

    mutating func add(_ actual: UnsafeBufferPointer<Float>, expected: TensorView, offset: Int) {
        let reference = (0..<actual.count).map { index in
            expected.region.base.loadUnaligned(fromByteOffset: (offset + index) * 4, as: Float.self)
        }
        for start in stride(from: 0, to: actual.count, by: vocabulary) {
            var best = (actual: start, expected: start)
            for i in start..<start + vocabulary {
                largestDifference = max(largestDifference, abs(actual[i] - reference[i]))
                if actual[i] > actual[best.actual] { best.actual = i }
                if reference[i] > reference[best.expected] { best.expected = i }
            }
            greedyMismatches += best.actual == best.expected ? 0 : 1
            positions += 1
        }
        logits.append(contentsOf: actual)
    }
}
