import Activations
import BuiltInModel
import Foundation
import Inference
import Randomness
import Testing

@Suite struct RecordingTests {
    private static let prompts = [
        "Question: What is 12 + 7?", "def add(a, b):", "First Citizen:\nWe are", "Translate to German: house",
    ]

    /// Experts of each request by its id.
    private static func byID(_ requests: [RequestTrace]) -> [String: [UInt16]] {
        Dictionary(requests.map { ($0.id, $0.experts) }, uniquingKeysWith: { first, _ in first })
    }

    private func folder() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-\(UUID())").path
    }

    /// Answers `prompts` all at once and returns the trace.
    private func record(
        model path: String, prompts: [(label: RequestLabel, text: String)], maxTokens: Int = 9,
        options change: (inout EngineOptions) -> Void = { _ in }
    ) async throws -> (shape: TraceShape, requests: [RequestTrace]) {
        let loaded = try LoadedModel(path: path)
        let outline = loaded.model.outline
        let shape = TraceShape(
            blocks: outline.moeBlocks, expertCount: outline.experts, topK: outline.expertsPerToken)
        let folder = folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var options = EngineOptions()
        options.threads = 2
        change(&options)
        let recorder = TraceRecorder(
            writer: try TraceWriter(folder: folder, shape: shape), random: SplitMix64(seed: 1))
        options.recorder = recorder
        let engine = Engine(model: loaded, options: options)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (label, text) in prompts {
                var request = GenerationRequest(promptTokens: engine.promptTokens(of: text))
                request.maxTokens = maxTokens
                request.sampling.temperature = 0
                request.ignoreEndOfText = true
                request.label = label
                let events = try engine.start(request)
                group.addTask { for await _ in events {} }
            }
            try await group.waitForAll()
        }
        engine.shutDown()
        #expect(recorder.close().dropped == 0)
        var requests: [RequestTrace] = []
        #expect(try openTrace(path: folder).forEachRequest { requests.append($0) } == [])
        return (shape, requests)
    }

    /// Which experts a request's tokens go to does not depend on what runs beside it, nor on how its prompt is cut.
    @Test func theSameAloneAndTogether() async throws {
        let path = try #require(BuiltInModel.path())
        let labelled = Self.prompts.enumerated().map { index, text in
            (RequestLabel(id: "p\(index)", domain: "d\(index % 2)", category: "c"), text)
        }
        let together = try await record(model: path, prompts: labelled) {
            $0.prefillChunk = 5
            $0.maxRunning = 3
        }
        #expect(Set(together.requests.map(\.id)) == ["p0", "p1", "p2", "p3"])
        let tokenizer = try LoadedModel(path: path).tokenizer
        // The same where KV memory is short, and answers wait or begin anew.
        var options = EngineOptions()
        options.cacheBytes = 1 << 12
        let loaded = try LoadedModel(path: path)
        while loaded.longestSequence(options) < 64 { options.cacheBytes += options.cacheBytes / 8 }
        let crowded = try await record(model: path, prompts: labelled) { [options] in
            $0.cacheBytes = options.cacheBytes
        }
        #expect(Self.byID(crowded.requests) == Self.byID(together.requests))
        for (label, text) in labelled {
            let alone = try await record(model: path, prompts: [(label, text)])
            let one = try #require(together.requests.first { $0.id == label.id })
            #expect(one.experts == alone.requests.first?.experts, "\(text)")
            #expect(one.domain == label.domain && one.category == "c" && one.firstPosition == 0)
            let prompt = tokenizer.encode(text, addSpecial: true).count
            #expect(one.prefillTokens == prompt)
            // The last token of the answer needs no forward pass.
            #expect(one.tokenCount(together.shape) == prompt + 9 - 1)
            #expect(!one.experts.contains(RequestTrace.noExpert))
        }
    }

    /// The prompt's tokens go through the encoder's layers, the answer's through the decoder's.
    @Test func encoderAndDecoder() async throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/golden-switch/released").path
        let (shape, requests) = try await record(model: folder, prompts: [(RequestLabel(id: "t"), "a house")])
        let request = try #require(requests.first)
        let tokens = request.tokenCount(shape)
        #expect(request.prefillTokens > 0 && tokens == request.prefillTokens + 9)
        // Layers that some token of the phase went through; single assignments may be dropped for want of capacity.
        func layers(_ rows: Range<Int>) -> Set<Int> {
            let used = request.experts.indices.filter { request.experts[$0] != RequestTrace.noExpert }
            return Set(used.filter { rows.contains($0 / shape.idsPerToken) }.map { $0 % shape.idsPerToken })
        }
        let encoder = layers(0..<request.prefillTokens)
        let decoder = layers(request.prefillTokens..<tokens)
        #expect(encoder.isDisjoint(with: decoder) && !encoder.isEmpty && !decoder.isEmpty)
        #expect(encoder.union(decoder) == Set(shape.blocks.indices))
    }

    @Test func aCancelledRequestLeavesWholeTokens() async throws {
        let loaded = try LoadedModel(path: try #require(BuiltInModel.path()))
        let outline = loaded.model.outline
        let shape = TraceShape(
            blocks: outline.moeBlocks, expertCount: outline.experts, topK: outline.expertsPerToken)
        let folder = folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let recorder = TraceRecorder(
            writer: try TraceWriter(folder: folder, shape: shape), random: SplitMix64(seed: 1))
        var options = EngineOptions()
        options.recorder = recorder
        let engine = Engine(model: loaded, options: options)
        var request = GenerationRequest(promptTokens: engine.promptTokens(of: "Once upon a time"))
        request.ignoreEndOfText = true
        var seen = 0
        for await event in try engine.start(request) {
            if case .token = event { seen += 1 }
            if seen == 3 { break }
        }
        engine.shutDown()
        recorder.close()
        var traces: [RequestTrace] = []
        #expect(try openTrace(path: folder).forEachRequest { traces.append($0) } == [])
        let trace = try #require(traces.first)
        #expect(trace.tokenCount(shape) >= request.promptTokens.count + 2)
        #expect(!trace.experts.contains(RequestTrace.noExpert))
    }
}
