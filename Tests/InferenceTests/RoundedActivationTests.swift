import BuiltInModel
import Inference
import Models
import Tensors
import Testing

@Suite struct RoundedActivationTests {
    /// What rounding inputs to int8 changes on a text: little, and the same whatever the number of threads.
    @Test func roundingChangesLittle() throws {
        let source = try LoadedModel(path: try #require(BuiltInModel.path()))
        guard case .decoder(let exact) = source.model else {
            Issue.record("the built-in model is a decoder")
            return
        }
        let text = """
            Question: Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How \
            many clips did Natalia sell altogether in April and May? def add(a, b): return a + b
            First Citizen: Before we proceed any further, hear me speak. All: Speak, speak.
            """
        let tokens = source.tokenizer.encode(text)
        let pool = ComputePool(threads: 2)
        let result = DivergenceMeasurement(
            reference: exact, other: exact.packed(pool: pool), tokens: tokens, window: 64, pool: pool)
        #expect(result.positions > 60)
        #expect(result.meanDivergence > 0 && result.meanDivergence < 0.01)
        #expect(abs(result.otherPerplexity / result.referencePerplexity - 1) < 0.02)
        let alone = ComputePool(threads: 1)
        let again = DivergenceMeasurement(
            reference: exact, other: exact.packed(pool: alone), tokens: tokens, window: 64, pool: alone)
        #expect(again == result)
    }
}
