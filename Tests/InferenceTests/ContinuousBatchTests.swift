import BuiltInModel
import Foundation
import Inference
import Randomness
import Tensors
import Testing

private func engine(running: Int, activations: ActivationPrecision = .float32) throws -> Engine {
    var options = EngineOptions()
    options.threads = 2
    options.maxRunning = running
    options.prefillChunk = 24
    options.sharedPrefillChunk = 5
    let path = try #require(BuiltInModel.path())
    return Engine(model: try LoadedModel(path: path, activations: activations, threads: 2), options: options)
}

private func tokens(of stream: AsyncStream<GenerationEvent>) async -> [TokenID] {
    var result: [TokenID] = []
    for await event in stream {
        if case .finished(let report) = event { result = report.tokens }
    }
    return result
}

@Suite struct ContinuousBatchTests {
    /// Many requests of different lengths, all at once: each gets the answer it gets alone.
    @Test(arguments: ActivationPrecision.allCases)
    func answersAreThoseOfRequestsAlone(activations: ActivationPrecision) async throws {
        let alone = try engine(running: 1, activations: activations)
        let together = try engine(running: 5, activations: activations)
        var random = SplitMix64(seed: 3)
        let text =
            "First Citizen: before we proceed any further, hear me speak. What is 12 + 7? def add(a, b): return a"
        let requests = (0..<14).map { index -> GenerationRequest in
            let words = text.split(separator: " ").shuffled(using: &random).prefix(
                Int.random(in: 1...18, using: &random))
            var request = GenerationRequest(promptTokens: alone.promptTokens(of: words.joined(separator: " ")))
            request.maxTokens = Int.random(in: 0...20, using: &random)
            request.sampling.temperature = index.isMultiple(of: 2) ? 0 : 1
            request.sampling.seed = UInt64(index)
            return request
        }
        var expected: [[TokenID]] = []
        for request in requests { expected.append(await tokens(of: try alone.start(request))) }
        let streams = try requests.map { try together.start($0) }
        let answers = await withTaskGroup(of: (Int, [TokenID]).self) { group in
            for (index, stream) in streams.enumerated() { group.addTask { (index, await tokens(of: stream)) } }
            return await group.reduce(into: [[TokenID]](repeating: [], count: streams.count)) { $0[$1.0] = $1.1 }
        }
        #expect(answers == expected)
    }

    /// A client that leaves takes nothing from the others.
    @Test func clientsMayLeave() async throws {
        let engine = try engine(running: 3)
        var request = GenerationRequest(promptTokens: engine.promptTokens(of: "The king said"))
        request.maxTokens = 30
        request.sampling.temperature = 0
        request.ignoreEndOfText = true
        let expected = await tokens(of: try engine.start(request))
        var leaving = request
        leaving.maxTokens = 900
        for _ in 0..<3 {
            do {
                let streams = try (0..<2).map { _ in try engine.start(leaving) }
                let kept = try engine.start(request)
                for stream in streams {
                    for await event in stream { if case .token = event { break } }
                }
                #expect(await tokens(of: kept) == expected)
            }
        }
    }
}
