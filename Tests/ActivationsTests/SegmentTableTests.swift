import Activations
import Checkpoints
import Testing

/// Tables made to mislead, their checksums right.
@Suite struct SegmentTableTests {
    private static let good = #"{"id":"a","row":0,"rows":2,"prefill":1},{"id":"b","row":2,"rows":1,"prefill":0}"#

    /// A trace of one segment with three tokens of two experts each.
    private func read(
        _ table: String?, experts: [UInt8] = [0, 1, 2, 3, 255, 0], shape: [Int] = [3, 1, 2], weights: [Float]? = nil,
        checksum: UInt32? = nil, hasChecksum: Bool = true
    ) throws -> (requests: [RequestTrace], damages: [TraceDamage]) {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var writer = SafetensorsWriter()
        if let table {
            writer.metadata["requests"] = "[\(table)]"
            if hasChecksum {
                writer.metadata["requests_crc32"] = String(checksum ?? simpleCRC32(Array("[\(table)]".utf8)))
            }
        }
        writer.add("experts", shape: shape, bytes: experts)
        if let weights { writer.add("weights", shape: [weights.count], floats: weights) }
        try writer.write(to: folder.path + "/s.safetensors")
        try folder.write(
            "trace.json",
            """
            {"format": "guildhall-trace", "version": 1, "blocks": [0], "expert_count": 4, "top_k": 2,
             "segments": [{"file": "s.safetensors", "requests": 2, "tokens": 3, "bytes": 0}]}
            """)
        return try openTrace(path: folder.path).readAll()
    }

    /// The value that the standard gives, so that the tests' checksums are the format's.
    @Test func checksumOfTheStandard() { #expect(simpleCRC32(Array("123456789".utf8)) == 0xCBF4_3926) }

    @Test func readsWhatAnotherWriterMayWrite() throws {
        let (requests, damages) = try read(Self.good)
        #expect(damages == [])
        #expect(
            requests == [
                RequestTrace(id: "a", prefillTokens: 1, experts: [0, 1, 2, 3]),
                RequestTrace(id: "b", prefillTokens: 0, experts: [RequestTrace.noExpert, 0]),
            ])
    }

    @Test(arguments: [
        (#""row":2"#, #""row":1"#, "'b.row'"), (#""row":2"#, #""row":3"#, "'b.row'"),
        (#""rows":1"#, #""rows":2"#, "row 4"),
        (#""rows":1"#, #""rows":0"#, "row 2"), (#""rows":1"#, #""rows":-1"#, "'b.rows'"),
        (#""rows":1"#, #""rows":9223372036854775807"#, "'b.rows'"), (#""prefill":1"#, #""prefill":3"#, "'a.prefill'"),
        (#""id":"b""#, #""id":null"#, "'id'"), (#""id":"b""#, #""id":"b","arrival":NaN"#, "'b.arrival'"),
        (#""id":"b""#, #""id":"b","arrival":1e999"#, "JSON"),
        (#""id":"b""#, #""id":"b","crc32":4294967296"#, "'b.crc32'"),
        (#""id":"b""#, #""id":"b","first_position":281474976710656"#, "'b.first_position'"),
        (#""id":"b""#, #""id":"b","domain":[[[[[[[[[[]]]]]]]]]]"#, "nested"), ("}", "", "JSON"),
        (good, #""a","b""#, "'row'"),
    ]) func hostileTable(part: String, replacement: String, message: String) throws {
        var table = Self.good
        table.replace(part, with: replacement, maxReplacements: 1)
        let (requests, damages) = try read(table)
        #expect(requests == [])
        #expect(damages.map(\.requests) == [2])
        #expect(damages.first?.description.contains(message) == true, "\(damages)")
    }

    @Test func otherTensors() throws {
        for (damages, message) in [
            (try read(nil).damages, "no table"), (try read(Self.good, shape: [6]).damages, "has shape [6]"),
            (try read(Self.good, shape: [1, 3, 2]).damages, "has shape [1, 3, 2]"),
            (try read(Self.good, experts: [], shape: [0, 1, 2]).damages, "ends at row 3"),
            (try read(Self.good, weights: [1, 2, 3]).damages, "'weights'"),
        ] {
            #expect(damages.first?.description.contains(message) == true, "\(damages)")
        }
    }

    @Test func aWrongChecksum() throws {
        let (requests, damages) = try read(Self.good, checksum: 1)
        #expect(requests == [])
        #expect(damages.first?.error.reason == "does not match its checksum")
        let missing = try read(Self.good, hasChecksum: false).damages.first?.error
        #expect(missing?.item == "requests_crc32" && missing?.reason.hasPrefix("is missing") == true)
    }

    @Test func anIDOfNoExpert() throws {
        let (requests, damages) = try read(Self.good, experts: [0, 1, 2, 4, 3, 0])
        #expect(requests.map(\.id) == ["b"])
        #expect(damages.map(\.error.item) == ["a"])
    }
}
