import Activations
import Foundation
import Testing

/// What other programs' own libraries wrote (Tests/Fixtures/make_trace_fixtures.py), imported.
@Suite struct ImportTests {
    static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/traces").path

    /// The formula of the fixtures: experts of tokens from position `start` on.
    private func routed(_ seed: Int, _ positions: Range<Int>) -> [UInt16] {
        positions.flatMap { token in
            (0..<3).flatMap { layer in (0..<2).map { UInt16((7 * token + 3 * layer + 5 * $0 + seed) % 16) } }
        }
    }

    private func request(_ id: String, seed: Int, prefill: Int, positions: Range<Int>) -> RequestTrace {
        RequestTrace(
            id: id, prefillTokens: prefill, firstPosition: positions.lowerBound, experts: routed(seed, positions))
    }

    private func run(
        _ format: TraceFormat, _ input: String, options: ImportOptions = ImportOptions(),
        _ body: (ImportSummary, (any TraceSource)?) throws -> Void
    ) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let summary = try TraceImport(format: format, options: options).run(
            input: Self.fixtures + "/" + input, output: folder.path)
        let trace = summary.counts == nil ? try openTrace(path: folder.path) : nil
        try body(summary, trace)
    }

    @Test func answersOfVLLM() throws {
        try run(.vllm, "vllm.jsonl") { summary, trace in
            #expect(summary.damages == [] && summary.requests == 8 && summary.tokens == 59)
            let requests = trace?.readAll().requests
            #expect(trace?.shape == TraceShape(blocks: [0, 1, 2], expertCount: 16, topK: 2))
            var logged = request("inner", seed: 7, prefill: 5, positions: 0..<8)
            logged.domain = "code"
            logged.category = "python"
            let expected = [
                request("uint8", seed: 0, prefill: 5, positions: 0..<8),
                request("int32", seed: 1, prefill: 5, positions: 0..<8),
                request("fortran", seed: 2, prefill: 5, positions: 0..<8),
                request("start", seed: 3, prefill: 2, positions: 3..<8),
                request("parts", seed: 4, prefill: 5, positions: 0..<8),
                request("npy-parts", seed: 5, prefill: 5, positions: 0..<8),
                request("wrapped", seed: 6, prefill: 3, positions: 2..<8), logged,
            ]
            for (found, wanted) in zip(requests ?? [], expected) { #expect(found == wanted, "\(wanted.id)") }
            #expect(requests?.count == expected.count)
        }
    }

    @Test func onlyDecodeWherePrefillRanElsewhere() throws {
        var options = ImportOptions()
        options.skipsPrefill = true
        options.blocks = [3, 4, 5]
        options.expertCount = 20
        try run(.vllm, "vllm.jsonl", options: options) { _, trace in
            #expect(trace?.shape == TraceShape(blocks: [3, 4, 5], expertCount: 20, topK: 2))
            let requests = trace?.readAll().requests ?? []
            #expect(requests.count == 8)
            for (seed, found) in requests.enumerated() {
                #expect(found.prefillTokens == 0 && found.firstPosition == 5, "\(found.id)")
                #expect(found.experts == routed(seed, 5..<8), "\(found.id)")
            }
        }
    }

    @Test(arguments: [(4, 2), (4, nil), (nil, 2)] as [(Int?, Int?)])
    func answersOfSGLang(layers: Int?, topK: Int?) throws {
        var options = ImportOptions()
        options.hiddenLayers = layers
        options.topK = topK
        try run(.sglang, "sglang.jsonl", options: options) { summary, trace in
            #expect(summary.damages == [])
            // The first block is dense.
            #expect(trace?.shape == TraceShape(blocks: [1, 2, 3], expertCount: 16, topK: 2))
            let expected = ["generate", "answer", "choice"].enumerated().map { seed, id in
                request(id, seed: seed, prefill: 5, positions: 0..<8)
            }
            #expect(trace?.readAll().requests == expected)
        }
    }

    @Test func bareArraysNeedAShape() throws {
        #expect(throws: TraceError.self) { try run(.sglang, "sglang.jsonl") { _, _ in } }
    }

    @Test(arguments: ["sglang_stat.pt", "sglang_stat_protocol5.pt"]) func countsOfSGLang(name: String) throws {
        try run(.sglangRecorder, name) { summary, _ in
            #expect(summary.counts?.blocks == [1, 2] && summary.counts?.expertCount == 16)
            let expected: [[UInt64]] = [1, 2].map { (layer: UInt64) in
                (0..<16).map { (expert: UInt64) in (layer * 16 + expert) % 11 }
            }
            #expect(summary.counts?.counts == expected)
        }
    }

    /// Six passes of three sequences, in physical ids, with a sequence that is cut in two and one that begins late.
    @Test func tokensOfSGLang() throws {
        try run(.sglangRecorder, "sglang_per_token.pt") { summary, trace in
            #expect(summary.damages == [])
            #expect(trace?.shape == TraceShape(blocks: [1, 2, 3], expertCount: 16, topK: 2))
            let requests = trace?.readAll().requests ?? []
            let expected = [
                request("file0-0", seed: 0, prefill: 4, positions: 0..<7),
                request("file0-1", seed: 1, prefill: 6, positions: 0..<8),
                request("file0-2", seed: 2, prefill: 2, positions: 0..<4),
            ]
            #expect(requests.sorted { $0.id < $1.id } == expected)
        }
    }

    @Test func passesOfSGLang() throws {
        try run(.sglangRecorder, "sglang_per_pass.pt") { summary, _ in
            let total = summary.counts?.counts.joined().reduce(0, +)
            // Two passes that count 0, 1, 2, … over 4 layers of 18 physical experts.
            #expect(total == 2 * (0..<72).reduce(0, +))
            // Expert 0 of layer 0 is also the first redundant one: 2 × (0 + 16).
            #expect(summary.counts?.counts[0][0] == 32)
        }
    }

    @Test func statisticsOfTensorRT() throws {
        try run(.tensorRTLLM, "tensorrt") { summary, _ in
            #expect(summary.counts?.blocks == [3, 5])
            let expected: [[UInt64]] = [3, 5].map { (layer: UInt64) in
                // Two ranks, e and 2e, and two iterations, 100 and 101.
                (0..<16).map { (expert: UInt64) in 6 * expert + 4 * layer + 402 }
            }
            #expect(summary.counts?.counts == expected)
        }
    }

    @Test(arguments: [
        ("hostile_call.pt", "print', which this reader does not know and will not run"),
        ("hostile_numpy.pt", "which this reader does not know and will not run"),
    ]) func noCodeIsRun(name: String, message: String) throws {
        let error = #expect(throws: TraceError.self) { try run(.sglangRecorder, name) { _, _ in } }
        #expect(error?.reason.hasSuffix(message) == true, "\(error as Any)")
    }

    @Test func plainLines() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(
            "a.jsonl",
            """
            {"blocks": [0, 2], "expert_count": 9, "top_k": 2}
            {"id": "a", "domain": "code", "category": "swift", "prefill": 1, "arrival": 0.5, "prefill_seconds": 1, \
            "decode_seconds": 2, "first_position": 3, "experts": [[[0, 1], [2, -1]], [[3, 4], [5, 6]]], \
            "weights": [[[0.5, 0.5], [1, 0]], [[0.25, 0.75], [0.1, 0.9]]]}

            {"experts": [], "id": "empty"}
            {"experts": [[[0, 1], [2, 9]]], "id": "stranger"}
            {"experts": [[[0, 1], [2]]], "id": "ragged"}
            {"experts": [[[0, 1]]], "id": "small"}
            not JSON
            """)
        let summary = try TraceImport(format: .jsonl).run(input: folder.path, output: folder.path + "/out")
        let trace = try openTrace(path: folder.path + "/out")
        var expected = RequestTrace(
            id: "a", domain: "code", category: "swift", arrival: 0.5, prefillTokens: 1, firstPosition: 3,
            experts: [0, 1, 2, RequestTrace.noExpert, 3, 4, 5, 6],
            weights: [0.5, 0.5, 1, 0, 0.25, 0.75, 0.1, 0.9])
        expected.prefillSeconds = 1
        expected.decodeSeconds = 2
        #expect(trace.shape == TraceShape(blocks: [0, 2], expertCount: 9, topK: 2))
        let requests = trace.readAll().requests
        #expect(requests.map(\.id) == ["a", "empty"])
        #expect(requests.first == expected)
        #expect(summary.requests == 2)
        #expect(summary.damages.map(\.error.item) == ["stranger", "line 6.experts", "small", "line 8"])
    }

    @Test(.enabled(if: PublishedTraces.folder != nil)) func compactLayout() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let input = try #require(PublishedTraces.folder) + "/hy3_code_chat"
        let summary = try TraceImport(format: .compact).run(input: input, output: folder.path)
        #expect(summary.requests == 3 && summary.tokens == 2282)
        let (original, copy) = (try openTrace(path: input), try openTrace(path: folder.path))
        #expect(original.shape == copy.shape)
        let isSame = original.readAll().requests == copy.readAll().requests
        #expect(isSame)
    }
}
