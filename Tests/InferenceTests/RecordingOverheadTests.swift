import Activations
import BuiltInModel
import Foundation
import Inference
import Testing

@Suite struct RecordingOverheadTests {
    @Test func `median and interval of known pairs`() {
        let pairs = (1...99).map { RecordingOverhead.Pair(plain: 2, recorded: 2 + Double($0) / 500) }
        let summary = RecordingOverhead.Summary(pairs.shuffled())
        // 49.5 ± 0.98 √99: the 40th and the 61st of 0.1 %, 0.2 %, … as half the numbers above.
        #expect(abs(summary.median - 0.05) < 1e-12)
        #expect(abs(summary.low - 0.040) < 1e-9 && abs(summary.high - 0.061) < 1e-9, "\(summary)")
        #expect(summary.plain == 2 && abs(summary.recorded - 2.1) < 1e-12)
        let alone = RecordingOverhead.Summary([RecordingOverhead.Pair(plain: 4, recorded: 3)])
        #expect(alone.low == -0.25 && alone.median == -0.25 && alone.high == -0.25)
    }

    @Test func `one engine records what both answer`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let model = try LoadedModel(path: try #require(BuiltInModel.path()))
        let outline = model.model.outline
        let recorder = TraceRecorder(
            writer: try TraceWriter(
                folder: folder,
                shape: TraceShape(
                    blocks: outline.moeBlocks, expertCount: outline.experts, topK: outline.expertsPerToken)),
            seed: 1)
        var options = EngineOptions()
        let plain = Engine(model: model, options: options)
        options.recorder = recorder
        let recorded = Engine(model: model, options: options)
        var settings = RecordingOverhead.Settings()
        settings.requests = 3
        settings.promptTokens = 4
        settings.generateTokens = 5
        var measurement = RecordingOverhead(plain: plain, recorded: recorded, settings: settings)
        for _ in 0..<2 {
            let pair = try await measurement.pair()
            #expect(pair.plain > 0 && pair.recorded > 0)
        }
        plain.shutDown()
        recorded.shutDown()
        let summary = recorder.close()
        #expect(measurement.tokens == 3 * 8)
        #expect(summary.requests == 6 && summary.tokens == 2 * measurement.tokens)
        let uses = [plain, recorded].map { $0.expertLoads().layers.map { $0.tokens.reduce(0, +) } }
        #expect(uses[0] == uses[1] && uses[0].allSatisfy { $0 > 0 })
    }
}
