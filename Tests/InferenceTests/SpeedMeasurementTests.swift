import Activations
import BuiltInModel
import Inference
import Models
import Routing
import Synchronization
import Tensors
import Testing

@Suite struct SpeedMeasurementTests {
    /// Counts decode steps in which all tokens of a layer chose the same experts, and those in which they did not.
    private final class Agreement: RoutingObserver {
        let steps = Mutex((same: 0, different: 0, tokens: 0))

        func routed(layer: Int, decision: RoutingDecision) {
            let k = decision.expertsPerToken
            let choices = stride(from: 0, to: decision.experts.count, by: k).map { Set(decision.experts[$0..<$0 + k]) }
            steps.withLock {
                if Set(choices).count == 1 { $0.same += 1 } else { $0.different += 1 }
                $0.tokens += choices.count
            }
        }
    }

    private func decode(sameTokens: Bool) throws -> (speed: SpeedMeasurement.Speed, agreement: Agreement) {
        let pool = ComputePool(threads: 1)
        let model = try TransformerModel(path: #require(BuiltInModel.path()))
        let agreement = Agreement()
        let runner = ModelRunner(model: model, pool: pool, maxBatch: 8, observer: agreement)
        var settings = SpeedMeasurement.Settings()
        settings.generateTokens = 3
        settings.repetitions = 2
        settings.sequences = 5
        settings.sameTokens = sameTokens
        var measurement = SpeedMeasurement(runner: runner, pool: pool, settings: settings)
        return (measurement.decode(), agreement)
    }

    @Test func `sequences with the same tokens choose the same experts`() throws {
        let (speed, agreement) = try decode(sameTokens: true)
        #expect(speed.tokens == 15 && speed.min > 0 && speed.min <= speed.median && speed.median <= speed.max)
        agreement.steps.withLock { #expect($0.same > 0 && $0.different == 0 && $0.tokens == 5 * $0.same) }
    }

    @Test func `sequences with their own tokens do not`() throws {
        let (speed, agreement) = try decode(sameTokens: false)
        #expect(speed.tokens == 15)
        agreement.steps.withLock { #expect($0.different > $0.same, "\($0)") }
    }
}
