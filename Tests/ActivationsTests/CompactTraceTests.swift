import Activations
import Foundation
import Testing

@Suite struct CompactTraceTests {
    private static let meta = """
        {"name": "small", "rows": 3, "num_moe_layers": 2, "top_k": 2, "num_experts": 4, "moe_layer_ids": [1, 3],
         "dtype": "uint8", "layout": "row-major [rows][num_moe_layers][top_k]", "requests": 2}
        """
    private static let index = """
        {"id": "a", "domain": "code", "prompt_tokens": 1, "decode_tokens": 1, "row_offset": 0, "rows": 2}
        {"id": "b", "domain": "chat", "category": "poem", "prompt_tokens_not_traced": 9, "prompt_tokens": 0, \
        "decode_tokens": 1, "row_offset": 2, "rows": 1}

        """
    private static let experts: [UInt8] = [0, 1, 2, 3, 3, 2, 1, 0, 1, 3, 0, 2]

    private func folder(
        meta: String = meta, index: String = index, experts: [UInt8] = experts
    ) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("meta.json", meta)
        try folder.write("index.jsonl", index)
        try folder.write("experts.uint8.bin", experts)
        return folder
    }

    /// Imported without prompts; what is told besides must be what the layout says.
    @Test func decodeOnly() throws {
        let folder = try folder()
        defer { folder.remove() }
        var options = ImportOptions()
        options.skipsPrefill = true
        let output = folder.path + "/out"
        let summary = try TraceImport(format: .compact, options: options).run(input: folder.path, output: output)
        #expect(summary.requests == 2 && summary.tokens == 2)
        let first = try openTrace(path: output).readAll().requests.first
        #expect(
            first == RequestTrace(id: "a", domain: "code", prefillTokens: 0, firstPosition: 1, experts: [3, 2, 1, 0]))
        options.blocks = [1, 4]
        let error = #expect(throws: TraceError.self) {
            try TraceImport(format: .compact, options: options).run(input: folder.path, output: output)
        }
        #expect(error?.item == "--blocks")
    }

    @Test func rowsOfEachRequest() throws {
        let folder = try folder()
        defer { folder.remove() }
        let trace = try openTrace(path: folder.path)
        #expect(trace.shape == TraceShape(blocks: [1, 3], expertCount: 4, topK: 2))
        #expect(trace.requestCount == 2 && trace.tokenCount == 3)
        let (requests, damages) = trace.readAll()
        #expect(damages == [])
        #expect(
            requests == [
                RequestTrace(id: "a", domain: "code", prefillTokens: 1, experts: [0, 1, 2, 3, 3, 2, 1, 0]),
                RequestTrace(
                    id: "b", domain: "chat", category: "poem", prefillTokens: 0, firstPosition: 9,
                    experts: [1, 3, 0, 2]),
            ])
    }

    @Test(arguments: [
        (#""dtype": "uint8""#, #""dtype": "uint16""#, "'dtype'"), (#""top_k": 2"#, #""top_k": 5"#, "top-k is 5"),
        (#""num_moe_layers": 2"#, #""num_moe_layers": 3"#, "'num_moe_layers'"), ("[1, 3]", "[3, 1]", "ascending"),
        ("[1, 3]", "[]", "0 layers"), (#""num_experts": 4"#, #""num_experts": -4"#, "'num_experts'"),
        (#""num_experts": 4"#, #""num_experts": 1e300"#, "'num_experts'"), ("{", "[", "JSON"),
    ]) func hostileMeta(part: String, replacement: String, message: String) throws {
        let folder = try folder(meta: Self.meta.replacingOccurrences(of: part, with: replacement))
        defer { folder.remove() }
        let error = #expect(throws: TraceError.self) { try openTrace(path: folder.path) }
        #expect(error?.description.contains(message) == true, "\(error as Any)")
        #expect(error?.file == folder.path + "/meta.json")
    }

    @Test(arguments: [
        (#""row_offset": 0"#, #""row_offset": 2"#), (#""row_offset": 0"#, #""row_offset": 281474976710656"#),
        (#""rows": 2"#, #""rows": 4"#), (#""prompt_tokens": 1"#, #""prompt_tokens": 3"#), (#""id": "a""#, #""id": 7"#),
        (#""id": "a""#, #""id": "a"#), (#""rows": 2"#, #""rows": null"#),
    ]) func aDamagedLineIsNamed(part: String, replacement: String) throws {
        let folder = try folder(index: Self.index.replacingOccurrences(of: part, with: replacement))
        defer { folder.remove() }
        let (requests, damages) = try openTrace(path: folder.path).readAll()
        #expect(requests.map(\.id) == ["b"])
        #expect(damages.count == 1 && damages.first?.requests == 1)
        #expect(damages.first?.error.file == folder.path + "/index.jsonl")
    }

    @Test func anIDOfNoExpertIsNamed() throws {
        var experts = Self.experts
        experts[9] = 4
        let folder = try folder(experts: experts)
        defer { folder.remove() }
        let (requests, damages) = try openTrace(path: folder.path).readAll()
        #expect(requests.map(\.id) == ["a"])
        #expect(damages.map(\.error.item) == ["line 2.rows"])
    }

    @Test func cutShort() throws {
        let folder = try folder(experts: Array(Self.experts.prefix(10)))
        defer { folder.remove() }
        let (requests, damages) = try openTrace(path: folder.path).readAll()
        #expect(requests.map(\.id) == ["a"])
        #expect(damages.map(\.requests) == [0, 1])
    }

    @Test func cutShortWhileItIsOpen() throws {
        let folder = try folder()
        defer { folder.remove() }
        let trace = try openTrace(path: folder.path)
        let file = try #require(FileHandle(forUpdatingAtPath: folder.path + "/experts.uint8.bin"))
        try file.truncate(atOffset: 10)
        try file.close()
        let (requests, damages) = trace.readAll()
        #expect(requests.map(\.id) == ["a"])
        #expect(damages.map(\.requests) == [1] && damages.first?.error.offset == 10)
        #expect(damages.first?.error.reason.contains("cut short") == true)
    }

    @Test func noTraceAtAll() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        #expect(throws: TraceError.self) { try openTrace(path: folder.path + "/absent") }
        #expect(throws: TraceError.self) { try openTrace(path: folder.path) }
        try folder.write("file", "")
        #expect(throws: TraceError.self) { try openTrace(path: folder.path + "/file") }
        try folder.write("meta.json", "")
        #expect(throws: TraceError.self) { try openTrace(path: folder.path) }
    }
}

/// The published traces next to this checkout, where they are.
@Suite(.enabled(if: PublishedTraces.folder != nil)) struct PublishedTraceTests {
    @Test(arguments: [("gpt_oss_20b_decode", 703, 215_438, 0), ("hy3_code_chat", 3, 2282, 1898)])
    func countsAreAsDocumented(name: String, requests: Int, tokens: Int, prefill: Int) throws {
        let folder = try #require(PublishedTraces.folder)
        let trace = try openTrace(path: folder + "/" + name)
        var (found, rows, prompts) = (0, 0, 0)
        let damages = trace.forEachRequest { request in
            found += 1
            rows += request.tokenCount(trace.shape)
            prompts += request.prefillTokens
        }
        #expect(damages == [])
        #expect(found == requests && rows == tokens && prompts == prefill)
    }
}

enum PublishedTraces {
    /// GUILDHALL_SHARED, else the folder `shared` next to the package.
    static let folder: String? = {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared =
            ProcessInfo.processInfo.environment["GUILDHALL_SHARED"]
            ?? package.deletingLastPathComponent().appendingPathComponent("shared").path
        return FileManager.default.fileExists(atPath: shared + "/traces") ? shared + "/traces" : nil
    }()
}
