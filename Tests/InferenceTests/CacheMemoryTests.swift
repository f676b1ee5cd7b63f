import BuiltInModel
import Foundation
import Inference
import Randomness
import Tensors
import Testing

/// Requests that together need more KV memory than there is.
@Suite struct CacheMemoryTests {
    private func engine(bytes: Int, type: KVCacheType = .f32) throws -> Engine {
        var options = EngineOptions()
        options.threads = 2
        options.maxRunning = 6
        options.prefillChunk = 48
        options.sharedPrefillChunk = 16
        options.cacheBytes = bytes
        options.cacheType = type
        return Engine(model: try LoadedModel(path: try #require(BuiltInModel.path())), options: options)
    }

    private func answer(_ stream: AsyncStream<GenerationEvent>) async -> (tokens: [TokenID], prefill: [Int]) {
        var tokens: [TokenID] = [], prefill: [Int] = []
        for await event in stream {
            if case .finished(let report) = event { tokens = report.tokens }
            if case .prefill(let done, _) = event { prefill.append(done) }
        }
        return (tokens, prefill)
    }

    /// With room for about two of six, everybody gets the answer they get with room for all, though some must wait and
    /// some give their memory back and begin anew.
    @Test(arguments: [KVCacheType.f32, .q8]) func answersDoNotDependOnMemory(type: KVCacheType) async throws {
        let roomy = try engine(bytes: 1 << 30, type: type)
        let positions = 256
        let narrow = try engine(bytes: try bytes(holding: positions, of: type), type: type)
        #expect(narrow.model.contextLength >= positions && narrow.model.contextLength < 2 * positions)
        var random = SplitMix64(seed: 9)
        let requests = (0..<6).map { index -> GenerationRequest in
            let length = Int.random(in: 1...90, using: &random)
            var request = GenerationRequest(
                promptTokens: (0..<length).map { _ in TokenID.random(in: 10..<200, using: &random) })
            request.maxTokens = Int.random(in: 60...130, using: &random)
            request.ignoreEndOfText = true
            request.sampling.temperature = index.isMultiple(of: 2) ? 0 : 1
            request.sampling.seed = UInt64(index)
            return request
        }
        var expected: [[TokenID]] = []
        for request in requests { expected.append(await answer(try roomy.start(request)).tokens) }
        let streams = try requests.map { try narrow.start($0) }
        for (index, stream) in streams.enumerated() {
            let result = await answer(stream)
            #expect(result.tokens == expected[index], "request \(index)")
            #expect(
                result.prefill == result.prefill.sorted() && result.prefill.last == requests[index].promptTokens.count)
        }
    }

    /// A prompt longer than what the memory holds is refused, and says how long it may be.
    @Test func tooLongForTheMemoryIsRefused() throws {
        let engine = try engine(bytes: try bytes(holding: 128, of: .f32))
        let limit = engine.model.contextLength
        #expect(throws: AdmissionError.promptTooLong(tokens: limit, limit: limit)) {
            try engine.start(GenerationRequest(promptTokens: [TokenID](repeating: 20, count: limit)))
        }
    }

    /// Found by doubling: memory for a context of about so many positions.
    private func bytes(holding positions: Int, of type: KVCacheType) throws -> Int {
        let loaded = try LoadedModel(path: try #require(BuiltInModel.path()))
        var options = EngineOptions()
        options.cacheType = type
        var bytes = 1 << 14
        while true {
            options.cacheBytes = bytes
            if loaded.longestSequence(options) >= positions { return bytes }
            bytes += bytes / 8
        }
    }
}
