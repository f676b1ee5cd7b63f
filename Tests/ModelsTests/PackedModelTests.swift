import Checkpoints
import Foundation
import Models
import Quantization
import Tensors
import Testing

/// Every family with weights laid out for rounded inputs: near the exact logits, and the same bits however it is fed.
@Suite struct PackedModelTests {
    @Test(
        arguments: GoldenCheckpoint.fixtures.filter { !$0.path.hasSuffix("/qwen2_moe_mixed") },
        [ElementType.q8_0, .bf16])
    func roundedInputsChangeLittle(checkpoint: GoldenCheckpoint, type: ElementType) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).gguf").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let export = try ModelExport(path: checkpoint.path)
        let pool = ComputePool(threads: 2)
        try GGUFQuantizer(export, plan: QuantizationPlan(export, type: type), pool: pool).write(
            to: file, mostly: type)
        let exact = try TransformerModel(path: file)
        let canRound = LanguageModel.decoder(exact).canRoundActivations
        #expect(canRound)
        let packed = exact.packed(pool: pool)
        let reference = try checkpoint.compare(exact, chunk: 256).logits
        let whole = try checkpoint.compare(packed, chunk: 256).logits
        let difference = zip(reference, whole).reduce(0) { $0 + Double(abs($1.0 - $1.1)) } / Double(whole.count)
        let size = reference.reduce(0) { $0 + Double(abs($1)) } / Double(reference.count)
        #expect(difference > 0, "nothing was rounded")
        #expect(difference < 0.05 * size, "\(difference) of \(size)")
        #expect(try checkpoint.compare(packed, chunk: 1).logits == whole)
        #expect(try checkpoint.compare(packed, chunk: 5).logits == whole)
    }

    /// Nothing would be gained by rounding: float32 weights are multiplied as they are.
    @Test(arguments: GoldenCheckpoint.fixtures.filter { !$0.path.hasSuffix("_bf16") })
    func float32WeightsHaveNothingToRound(checkpoint: GoldenCheckpoint) throws {
        let model = try TransformerModel(path: checkpoint.path)
        let canRound = LanguageModel.decoder(model).canRoundActivations
        #expect(!canRound)
    }
}
