import Checkpoints
import Models
import Testing

@Suite struct SwitchSummaryTests {
    /// Each stored number is counted once.
    @Test(arguments: SwitchCheckpoint.all)
    func countsEveryStoredNumber(checkpoint: SwitchCheckpoint) throws {
        let folder = try HuggingFaceFolder(path: checkpoint.path)
        let stored = folder.entries.reduce(0) { $0 + $1.shape.reduce(1, *) }
        let summary = ModelSummary(try checkpoint.model())
        #expect(summary.totalParameters == stored)
    }

    /// Of a model whose blocks all have experts, a token uses one expert of four in each, and decoding reads no encoder.
    @Test func activeIsOneExpertABlock() throws {
        let model = try SwitchCheckpoint.all[1].model()
        let configuration = model.configuration
        let summary = ModelSummary(model)
        let expert = 2 * configuration.feedForwardWidth * configuration.hiddenSize
        #expect(summary.totalParameters - summary.activeParameters == 4 * 3 * expert)
        #expect(summary.bytesPerDecodedToken < summary.totalBytes / 2)
    }
}
