import Activations
import Foundation
import Testing

/// Several files or several imports: one that is damaged, or there already, does not touch the others.
extension ImportTests {
    static func answer(_ id: String, experts: String = "[[[0, 1], [2, 3]], [[1, 2], [3, 0]]]") -> String {
        #"{"id": "\#(id)", "usage": {"prompt_tokens": 1, "completion_tokens": 2}, "#
            + #""choices": [{"routed_experts": \#(experts)}]}"#
    }

    enum Harm: String, CaseIterable {
        case cutShort = "b.json"
        case empty = "e.json"
        case emptyLines = "b.jsonl"
        case folder = "d.json"
        case danglingLink = "l.json"
    }

    @Test(arguments: Harm.allCases) func aDamagedFileCostsThatFile(harm: Harm) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        for name in ["a", "z"] { try folder.write(name + ".json", Self.answer(name)) }
        let path = folder.path + "/" + harm.rawValue
        switch harm {
        case .cutShort: try folder.write(harm.rawValue, String(Self.answer("b").dropLast(20)))
        case .empty, .emptyLines: try folder.write(harm.rawValue, [])
        case .folder: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        case .danglingLink:
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder.path + "/nowhere")
        }
        let summary = try TraceImport(format: .vllm).run(input: folder.path, output: folder.path + "/out")
        #expect(summary.requests == 2)
        #expect(summary.damages.map(\.error.file) == [path])
        #expect(try openTrace(path: folder.path + "/out").readAll().requests.map(\.id) == ["a", "z"])
    }

    @Test func aDamagedLineIsNumbered() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let first = Self.answer("a") + "\n\n"
        try folder.write("a.jsonl", "\u{feff}" + first + "{\"id\": x}\n" + Self.answer("c"))
        let summary = try TraceImport(format: .vllm).run(input: folder.path + "/a.jsonl", output: folder.path + "/out")
        #expect(summary.requests == 2)
        #expect(summary.damages.map(\.error.item) == ["line 3"])
        // Three bytes of the mark, and seven before the x.
        #expect(summary.damages.first?.error.offset == first.utf8.count + 3 + 7)
    }

    @Test func whatIsThereAlreadyIsNotAddedAgain() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let (input, output) = (folder.path + "/a.jsonl", folder.path + "/out")
        try folder.write("a.jsonl", Self.answer("a") + "\n" + Self.answer("b"))
        let importer = TraceImport(format: .vllm)
        _ = try importer.run(input: input, output: output)
        let again = #expect(throws: TraceError.self) { try importer.run(input: input, output: output) }
        #expect(again?.item == "a" && again?.reason == "is in the trace already")
        // The same id with other rows is another request, a new one no question.
        let other = Self.answer("b", experts: "[[[0, 1], [2, 3]], [[3, 2], [3, 0]]]")
        try folder.write("a.jsonl", [Self.answer("a"), other, Self.answer("c")].joined(separator: "\n"))
        let summary = try importer.run(input: input, output: output)
        #expect(summary.requests == 2)
        #expect(summary.damages.map(\.error.item) == ["a", "b"] && summary.damages.map(\.requests) == [1, 0])
        #expect(try openTrace(path: output).readAll().requests.map(\.id) == ["a", "b", "b", "c"])
    }

    @Test func nothingImportedLeavesNothing() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("a.jsonl", Self.answer("a"))
        var options = ImportOptions()
        options.expertCount = 2
        options.blocks = [0, 1]
        let error = #expect(throws: TraceError.self) {
            try TraceImport(format: .vllm, options: options).run(input: folder.path, output: folder.path + "/out")
        }
        #expect(error?.description.hasSuffix("'a': expert 2 is not below 2") == true, "\(error as Any)")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
    }

    /// Ranks that share a layer's work dump the same tokens, each for itself.
    @Test func copiesOfRanksCountOnce() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let dump = try Data(contentsOf: URL(fileURLWithPath: Self.fixtures + "/sglang_per_token.pt"))
        for rank in 0..<2 { try folder.write("recorder_1_\(rank).pt", [UInt8](dump)) }
        // Counts beside tokens are named too.
        let counts = try Data(contentsOf: URL(fileURLWithPath: Self.fixtures + "/sglang_stat.pt"))
        try folder.write("recorder_2.pt", [UInt8](counts))
        let summary = try TraceImport(format: .sglangRecorder).run(input: folder.path, output: folder.path + "/out")
        #expect(summary.requests == 3)
        #expect(summary.damages.map(\.error.file) == ["1_1", "2"].map { "\(folder.path)/recorder_\($0).pt" })
        #expect(summary.damages.first?.error.reason.contains("the same tokens") == true)
    }
}
