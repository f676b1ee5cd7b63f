import Activations
import Foundation
import Testing

/// What the source tells of its shape, what the user does, and what the arrays say.
extension ImportTests {
    private func imported(
        _ format: TraceFormat, _ text: String, name: String = "a.jsonl", options: ImportOptions = ImportOptions()
    ) throws -> (summary: ImportSummary, trace: any TraceSource, requests: [RequestTrace]) {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(name, text)
        let summary = try TraceImport(format: format, options: options).run(
            input: folder.path + "/" + name, output: folder.path + "/out")
        let trace = try openTrace(path: folder.path + "/out")
        return (summary, trace, trace.readAll().requests)
    }

    private func refusal(
        _ format: TraceFormat, _ text: String, options: ImportOptions = ImportOptions()
    ) -> String {
        do { return "imported: \(try imported(format, text, options: options).summary)" } catch { return "\(error)" }
    }

    private func base64(_ ids: [Int32]) -> String {
        ids.withUnsafeBytes { Data($0) }.base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
            .replacingOccurrences(of: "\n", with: "\\n")
    }

    private static let line = #"{"id": "a", "prefill": 1, "experts": [[[0, 1], [2, 3]], [[3, 2], [1, 0]]]}"#
    private static let shapeLine = #"{"blocks": [4, 9], "expert_count": 8, "top_k": 2}"#

    @Test(arguments: [
        (#"{"blocks": [4, 1], "expert_count": 8, "top_k": 2}"#, "'line 1.blocks': blocks are not in ascending order"),
        (#"{"blocks": [4, 9], "expert_count": 8}"#, "'line 1.top_k': is missing"),
        (
            shapeLine + "\n" + #"{"blocks": [4, 9], "expert_count": 9, "top_k": 2}"#,
            "'line 2': tells another shape than"
        ),
        (#"{"blocks": [4, 9, 10], "expert_count": 8, "top_k": 2}"#, "'a': has 2 layers of 2 experts, the model 3 of 2"),
    ]) func aWrongShapeLineIsRefused(shape: String, message: String) {
        let found = refusal(.jsonl, shape + "\n" + Self.line)
        #expect(found.contains(message), "\(found)")
    }

    @Test func aLineOfNeitherIsNamed() throws {
        let text = #"{"expert": [[[0, 1]]]}"# + "\n" + Self.line
        #expect(try imported(.jsonl, text).summary.damages.map(\.error.item) == ["line 1"])
    }

    /// What was told holds, whatever ids happen to occur.
    @Test(arguments: ["[[[0, -1], [-1, -1]]]", "[[[-1, -1], [-1, -1]]]"]) func aToldShapeHolds(ids: String) throws {
        let text = Self.shapeLine + "\n" + #"{"id": "a", "experts": \#(ids)}"#
        #expect(try imported(.jsonl, text).trace.shape == TraceShape(blocks: [4, 9], expertCount: 8, topK: 2))
        let found = refusal(.jsonl, #"{"id": "a", "experts": [[[-1, -1]]]}"#)
        #expect(found.contains("--experts"), "\(found)")
        let bare = try imported(.jsonl, #"{"id": "a", "experts": [[[0, -1]]]}"#)
        #expect(bare.trace.shape == TraceShape(blocks: [0], expertCount: 2, topK: 2))
    }

    @Test func optionsMayNotContradictTheSource() throws {
        let text = Self.shapeLine + "\n" + Self.line
        var options = ImportOptions()
        options.expertCount = 8
        options.blocks = [4, 9]
        #expect(try imported(.jsonl, text, options: options).summary.requests == 1)
        options.blocks = [3, 9]
        #expect(refusal(.jsonl, text, options: options).contains("'--blocks': is [3, 9], but the source itself says"))
        options.expertCount = 9
        #expect(refusal(.jsonl, text, options: options).contains("'--experts': is 9, but the source itself says 8"))
        options = ImportOptions()
        options.topK = 3
        #expect(refusal(.vllm, Self.answer("a"), options: options).contains("--top-k says 3"))
        options = ImportOptions()
        options.hiddenLayers = 3
        #expect(refusal(.jsonl, text, options: options).contains("'--hidden-layers'"))
    }

    @Test func decodeOnlyOfLines() throws {
        var options = ImportOptions()
        options.skipsPrefill = true
        let requests = try imported(.jsonl, Self.line, options: options).requests
        #expect(requests == [RequestTrace(id: "a", prefillTokens: 0, firstPosition: 1, experts: [3, 2, 1, 0])])
    }

    @Test func decodeOnlyOfRecorders() throws {
        var options = ImportOptions()
        options.skipsPrefill = true
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let importer = TraceImport(format: .sglangRecorder, options: options)
        _ = try importer.run(input: Self.fixtures + "/sglang_per_token.pt", output: folder.path)
        let requests = try openTrace(path: folder.path).readAll().requests.sorted { $0.id < $1.id }
        #expect(requests.map(\.prefillTokens) == [0, 0, 0] && requests.map(\.firstPosition) == [4, 6, 2])
        // Counts are of both.
        let error = #expect(throws: TraceError.self) {
            try importer.run(input: Self.fixtures + "/sglang_stat.pt", output: folder.path)
        }
        #expect(error?.item == "--decode-only")
    }

    @Test(arguments: [
        (#"{"data": "AAAAAA==", "dtype": "float32", "shape": [1, 1, 1]}"#, "'float32' is no type of whole numbers"),
        (#"{"data": "AAAAAA==", "shape": [7, 1, 1]}"#, "are not shape [7, 1, 1]"),
        (#"{"data": "AAAAAA==", "shape": [1, 1, 1], "start": -1}"#, ".start': is not a whole number"),
        (#"{"data": "AAAAAA==", "shape": [1, 1, 1], "start": 1000000000000}"#, "beyond any text"),
        ("\"AAAAAA==\"", "1 ids of 2 tokens come without shape: give --hidden-layers, --top-k or both"),
    ]) func theCauseIsToldWhereNothingIsImported(experts: String, message: String) {
        let found = refusal(.sglang, Self.answer("a", experts: experts))
        #expect(found.contains(message), "\(found)")
    }

    @Test func otherCausesAreToldToo() {
        let bare = #"{"id": "a", "usage": null, "choices": [{"routed_experts": [[[0, 1]]]}]}"#
        #expect(refusal(.vllm, bare).contains("no prompt_tokens tell"))
        #expect(refusal(.jsonl, #"{"prefill": 9, "experts": [[[0, 1]]]}"#).contains("is 9 of 1 tokens"))
        #expect(refusal(.jsonl, #"{"domain": 9, "experts": [[[0, 1]]]}"#).contains("'line 1.domain'"))
        #expect(
            refusal(.jsonl, #"{"first_position": 99999999999, "experts": [[[0, 1]]]}"#).contains(
                "'line 1.first_position'"))
    }

    /// What stands at the whole answer is the first choice's.
    @Test func anAnswersExpertsAreOfItsFirstChoice() throws {
        let text =
            #"{"id": "a", "usage": {"prompt_tokens": 1, "completion_tokens": 4}, "choices": [{"index": 0}, {"index": 1}], "#
            + #""sglext": {"routed_experts": [[[0, 1]], [[2, 3]]]}}"#
        #expect(try imported(.sglang, text).requests.map(\.id) == ["a-0"])
    }

    /// Bare numbers must come out even with what is known of them.
    @Test(
        arguments: [
            (90, 3, nil, 9), (90, nil, 4, 9), (90, nil, 7, 9), (108, 2, 5, 9), (20, 2, 1, 9), (0, 2, 1, nil),
        ] as [(Int, Int?, Int?, Int?)]) func bareArraysMustComeOutEven(ids: Int, topK: Int?, layers: Int?, rows: Int?)
        throws
    {
        var options = ImportOptions()
        (options.topK, options.hiddenLayers) = (topK, layers)
        let text =
            #"{"meta_info": {"id": "s", "prompt_tokens": 6, "completion_tokens": 4, "routed_experts": "#
            + #""\#(base64((0..<Int32(ids)).map { $0 % 8 }))"}}"#
        let found = refusal(.sglang, text, options: options)
        #expect(found.contains(rows == nil ? "no routed experts" : "9 tokens"), "\(found)")
    }

    /// The rows that remain from where a log says they began; base64 in lines.
    @Test func bareArraysFromAPositionOn() throws {
        var options = ImportOptions()
        options.topK = 2
        let ids = (0..<Int32(36)).map { $0 % 8 }
        let text =
            #"{"request": {"routed_experts_start_len": 6}, "response": {"meta_info": {"id": "s", "prompt_tokens": 6, "#
            + #""completion_tokens": 4, "routed_experts": "\#(base64(ids))"}}}"#
        let found = try imported(.sglang, text, options: options)
        #expect(found.trace.shape.layerCount == 6)
        #expect(
            found.requests == [
                RequestTrace(id: "s", prefillTokens: 0, firstPosition: 6, experts: ids.map(UInt16.init))
            ])
    }

    /// With one expert a token, blocks that are all zeros are taken for dense ones.
    @Test func denseLayersOfTopOne() throws {
        let answer = Self.answer("a", experts: "[[[0], [1], [0], [-1]], [[0], [0], [0], [-1]]]")
        #expect(try imported(.sglang, answer).trace.shape == TraceShape(blocks: [1], expertCount: 2, topK: 1))
        let zeros = Self.answer("a", experts: "[[[0], [-1]], [[0], [-1]]]")
        #expect(try imported(.sglang, zeros).trace.shape.blocks == [0])
    }
}
