import Checkpoints
import Foundation
import Models
import Testing

@Suite struct GoldenLogitsTests {
    @Test func fixturesAreThere() {
        #expect(GoldenCheckpoint.fixtures.count >= 4)
    }

    @Test(arguments: GoldenCheckpoint.fixtures + GoldenCheckpoint.shared)
    func matchesTransformers(checkpoint: GoldenCheckpoint) throws {
        let result = try checkpoint.compare(try TransformerModel(path: checkpoint.path), chunk: 256)
        #expect(result.positions > 0)
        #expect(result.largestDifference < 1e-4)
        #expect(result.greedyMismatches == 0)
    }

    /// A prompt fed token by token, or in odd pieces, gives the very bits of the whole prompt at once.
    @Test(arguments: GoldenCheckpoint.fixtures, [1, 7])
    func feedingDoesNotMatter(checkpoint: GoldenCheckpoint, chunk: Int) throws {
        let model = try TransformerModel(path: checkpoint.path)
        let whole = try checkpoint.compare(model, chunk: 256)
        #expect(try checkpoint.compare(model, chunk: chunk).logits == whole.logits)
    }

    /// The same checkpoint as a GGUF file: other names, keys, fused experts, and for Mixtral reordered rotary pairs.
    @Test(arguments: GoldenCheckpoint.fixtures + GoldenCheckpoint.shared)
    func matchesTransformersFromGGUF(checkpoint: GoldenCheckpoint) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).gguf").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try GGUFConversion(folder: HuggingFaceFolder(path: checkpoint.path)).write(to: file)
        let model = try TransformerModel(path: file)
        let result = try checkpoint.compare(model, chunk: 256)
        #expect(result.largestDifference < 1e-4)
        #expect(result.greedyMismatches == 0)
    }
}
