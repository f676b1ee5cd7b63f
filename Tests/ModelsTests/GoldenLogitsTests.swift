import Checkpoints
import Foundation
import Models
import Quantization
import Tensors
import Testing

@Suite struct GoldenLogitsTests {
    @Test func fixturesAreThere() {
        #expect(GoldenCheckpoint.fixtures.count >= 14)
        #expect(GoldenCheckpoint.fixtures.filter { $0.gguf != nil }.count >= 12)
    }

    @Test(arguments: GoldenCheckpoint.fixtures + GoldenCheckpoint.shared)
    func matchesTransformers(checkpoint: GoldenCheckpoint) throws {
        let model = try TransformerModel(path: checkpoint.path)
        let result = try checkpoint.compare(model, chunk: 256)
        FamilyRecord.add(model.configuration.architecture, path: checkpoint.path, format: "huggingface", result)
        #expect(result.positions > 0)
        #expect(result.largestDifference < 1e-4)
        #expect(result.greedyMismatches == 0)
    }

    /// A prompt fed token by token, or in odd pieces, gives the very bits of the whole prompt at once. The fixtures'
    /// windows and chunks are of 7 positions, their prompts of 24.
    @Test(arguments: GoldenCheckpoint.fixtures, [1, 5])
    func feedingDoesNotMatter(checkpoint: GoldenCheckpoint, chunk: Int) throws {
        let model = try TransformerModel(path: checkpoint.path)
        let whole = try checkpoint.compare(model, chunk: 256)
        #expect(try checkpoint.compare(model, chunk: chunk).logits == whole.logits)
    }

    /// The same checkpoints as GGUF files that llama.cpp's converter made (`Scripts/reference/convert_golden.py`).
    @Test(arguments: GoldenCheckpoint.fixtures.filter { $0.gguf != nil })
    func matchesTransformersFromGGUF(checkpoint: GoldenCheckpoint) throws {
        let model = try TransformerModel(path: try #require(checkpoint.gguf))
        let result = try checkpoint.compare(model, chunk: 256)
        FamilyRecord.add(model.configuration.architecture, path: checkpoint.path, format: "gguf of llama.cpp", result)
        #expect(result.largestDifference < 1e-4)
        #expect(result.greedyMismatches == 0)
    }

    /// Of a checkpoint whose GGUF files cannot say what matters, none is made.
    @Test func whatGGUFCannotSayIsAnError() throws {
        let checkpoint = try #require(GoldenCheckpoint.fixtures.first { $0.path.hasSuffix("/qwen2_moe_mixed") })
        let export = try ModelExport(path: checkpoint.path)
        let plan = try QuantizationPlan(export, type: .f32)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).gguf").path
        let error = #expect(throws: ConfigurationError.self) {
            try GGUFQuantizer(export, plan: plan, pool: ComputePool(threads: 1)).write(to: file, mostly: .f32)
        }
        #expect(error?.key.contains("attention") == true)
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    /// The same checkpoints as GGUF files that this program made.
    @Test(
        arguments: (GoldenCheckpoint.fixtures + GoldenCheckpoint.shared).filter {
            !$0.path.hasSuffix("/qwen2_moe_mixed")
        })
    func matchesTransformersFromOwnGGUF(checkpoint: GoldenCheckpoint) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).gguf").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let export = try ModelExport(path: checkpoint.path)
        let plan = try QuantizationPlan(export, type: .f32)
        try GGUFQuantizer(export, plan: plan, pool: ComputePool(threads: 1)).write(to: file, mostly: .f32)
        let model = try TransformerModel(path: file)
        let result = try checkpoint.compare(model, chunk: 256)
        FamilyRecord.add(model.configuration.architecture, path: checkpoint.path, format: "gguf of guildhall", result)
        #expect(result.largestDifference < 1e-4)
        #expect(result.greedyMismatches == 0)
    }
}
