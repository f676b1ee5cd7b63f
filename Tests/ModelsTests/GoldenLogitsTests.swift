import Checkpoints
import Foundation
import Models
import Testing

@Suite struct GoldenLogitsTests {
    @Test func fixturesAreThere() {
        #expect(GoldenCheckpoint.fixtures.count >= 14)
        #expect(GoldenCheckpoint.fixtures.filter { $0.gguf != nil }.count >= 12)
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

    /// The same checkpoints as GGUF files that llama.cpp's converter made (`Scripts/reference/convert_golden.py`).
    @Test(arguments: GoldenCheckpoint.fixtures.filter { $0.gguf != nil })
    func matchesTransformersFromGGUF(checkpoint: GoldenCheckpoint) throws {
        let model = try TransformerModel(path: try #require(checkpoint.gguf))
        let result = try checkpoint.compare(model, chunk: 256)
        #expect(result.largestDifference < 1e-4)
        #expect(result.greedyMismatches == 0)
    }
}
