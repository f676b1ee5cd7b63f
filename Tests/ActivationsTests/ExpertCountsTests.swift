import Activations
import Checkpoints
import Foundation
import Testing

@Suite struct ExpertCountsTests {
    private static let shape = TraceShape(blocks: [1, 4], expertCount: 3, topK: 2)
    private static let sample = TraceSample(
        shape: shape,
        requests: [
            RequestTrace(id: "a", prefillTokens: 1, experts: [0, 1, 2, 0, 0, 2, 1, RequestTrace.noExpert]),
            RequestTrace(id: "b", prefillTokens: 0, experts: [0, 1, 1, 2]),
        ])

    @Test func phases() {
        #expect(ExpertCounts.counting(Self.sample).counts.counts == [[3, 2, 1], [1, 2, 2]])
        #expect(ExpertCounts.counting(Self.sample, decode: false).counts.counts == [[1, 1, 0], [1, 0, 1]])
        #expect(ExpertCounts.counting(Self.sample, prefill: false).counts.counts == [[2, 1, 1], [0, 2, 1]])
    }

    @Test func countsFileComesBack() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let counts = ExpertCounts.counting(Self.sample).counts
        try counts.write(folder: folder.path)
        #expect(try ExpertCounts(path: folder.path + "/counts.json") == counts)
    }

    @Test func logicalCountHasRowsForDenseLayers() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let counts = ExpertCounts.counting(Self.sample).counts
        try counts.export(.sglang, to: folder.path + "/l.json", hiddenLayers: 6)
        let text = String(decoding: try folder.read("l.json"), as: UTF8.self)
        #expect(text == #"{"logical_count":[[0,0,0],[3,2,1],[0,0,0],[0,0,0],[1,2,2],[0,0,0]]}"#)
        #expect(throws: TraceError.self) { try counts.export(.sglang, to: folder.path + "/l.json", hiddenLayers: 4) }
    }

    @Test func tensors() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let counts = ExpertCounts.counting(Self.sample).counts
        try counts.export(.safetensors, to: folder.path + "/c.safetensors")
        let file = try SafetensorsFile(path: folder.path + "/c.safetensors")
        let stored = try file.integers("counts")
        #expect(stored.shape == [2, 3] && stored.values == [3, 2, 1, 1, 2, 2])
        #expect(try file.integers("blocks").values == [1, 4])
    }

    /// What is exported for TensorRT-LLM is what is imported from it, the experts of a token too.
    @Test func statisticsComeBack() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let counts = ExpertCounts.counting(Self.sample).counts
        try counts.export(.tensorRTLLM, to: folder.path + "/s")
        let summary = try TraceImport(format: .tensorRTLLM).run(
            input: folder.path + "/s", output: folder.path + "/out")
        #expect(summary.counts == counts && summary.damages == [])
        let read = try ExpertCounts(path: folder.path + "/out/counts.json")
        try read.export(.tensorRTLLM, to: folder.path + "/t")
        #expect(try folder.read("t/meta_info.json") == folder.read("s/meta_info.json"))
    }

    /// Two ranks, each at the end of 63 bits: no file of counts holds the sum, so the second one is not counted at all.
    @Test func sumsBeyondSignedNumbersAreRefused() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try FileManager.default.createDirectory(atPath: folder.path + "/s", withIntermediateDirectories: true)
        try folder.write("s/meta_info.json", #"{"num_experts": 2, "num_experts_per_token": 1}"#)
        for rank in 0..<2 {
            var writer = SafetensorsWriter()
            writer.add("0_2", shape: [2], integers: [5, 5])
            writer.add("0_3", shape: [2], integers: [7, .max])
            try writer.write(to: folder.path + "/s/rank\(rank).safetensors")
        }
        let summary = try TraceImport(format: .tensorRTLLM).run(
            input: folder.path + "/s", output: folder.path + "/out")
        let counts = try #require(summary.counts)
        #expect(counts.counts == [[5, 5], [7, UInt64(Int64.max)]])
        #expect(summary.damages.map(\.error.file) == [folder.path + "/s/rank1.safetensors"])
        #expect(summary.damages.first?.error.item == "layer 3, expert 1")
        // What was written can be read.
        #expect(try ExpertCounts(path: folder.path + "/out/counts.json") == counts)
    }

    /// A rank's file with a tensor of another kind behind good ones counts as a whole or not at all.
    @Test func aRefusedRankIsNotCountedInPart() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let counts = ExpertCounts.counting(Self.sample).counts
        try counts.export(.tensorRTLLM, to: folder.path + "/s")
        var writer = SafetensorsWriter()
        writer.add("0_1", shape: [3], integers: [100, 100, 100])
        writer.add("bad", shape: [3], integers: [1, 1, 1])
        try writer.write(to: folder.path + "/s/rank1.safetensors")
        let summary = try TraceImport(format: .tensorRTLLM).run(
            input: folder.path + "/s", output: folder.path + "/out")
        #expect(summary.counts == counts)
        #expect(summary.damages.map(\.error.item) == ["bad"])
    }

    @Test(arguments: [
        ("[3,2,1]", "[3,2]", "'counts'"), ("[3,2,1]", "[3,2,-1]", "'counts'"), ("[3,2,1]", "[3,2,1e99]", "'counts'"),
        (#""blocks":[1,4]"#, #""blocks":[4,1]"#, "'blocks'"), ("guildhall-counts", "x", "'format'"), ("{", "", "JSON"),
    ]) func hostileFile(part: String, replacement: String, message: String) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let text = String(decoding: try ExpertCounts.counting(Self.sample).counts.json(), as: UTF8.self)
        try folder.write("c.json", text.replacingOccurrences(of: part, with: replacement))
        let error = #expect(throws: TraceError.self) { try ExpertCounts(path: folder.path + "/c.json") }
        #expect(error?.description.contains(message) == true, "\(error as Any)")
    }
}
