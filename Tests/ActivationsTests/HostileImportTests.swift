import Activations
import Checkpoints
import Foundation
import Randomness
import Testing

/// Files of other programs, damaged at random and on purpose: an error that names the file, or what can still be read.
@Suite struct HostileImportTests {
    /// Imports `bytes` as a file of that ending; true if that worked.
    private func imports(_ format: TraceFormat, _ bytes: [UInt8], ending: String) throws -> Bool {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let input = folder.path + "/input" + ending
        try folder.write("input" + ending, bytes)
        var options = ImportOptions()
        if format == .sglang { (options.hiddenLayers, options.topK) = (4, 2) }
        do throws(TraceError) {
            _ = try TraceImport(format: format, options: options).run(input: input, output: folder.path + "/out")
            return true
        } catch {
            #expect(error.file.hasPrefix(folder.path), "\(error)")
            return false
        }
    }

    private func fixture(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: ImportTests.fixtures + "/" + name)))
    }

    @Test(
        arguments: [
            (TraceFormat.sglangRecorder, "sglang_stat.pt", 1), (.sglangRecorder, "sglang_stat_protocol5.pt", 2),
            (.sglangRecorder, "sglang_per_token.pt", 3), (.sglangRecorder, "sglang_per_pass.pt", 4),
            (.vllm, "vllm.jsonl", 5), (.sglang, "sglang.jsonl", 6),
        ] as [(TraceFormat, String, UInt64)])
    func damagedAtRandom(format: TraceFormat, name: String, seed: UInt64) throws {
        let whole = try fixture(name)
        var random = SplitMix64(seed: seed)
        var refused = 0
        for _ in 0..<120 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<10, using: &random) {
                case 0: bytes.removeLast(bytes.count - position)
                case 1: bytes.remove(at: position)
                case 2: bytes.insert(.random(in: 0...255, using: &random), at: position)
                default: bytes[position] = .random(in: 0...255, using: &random)
                }
            }
            if try !imports(format, bytes, ending: "." + (name.split(separator: ".").last ?? "")) { refused += 1 }
        }
        #expect(refused > 0, "seed \(seed)")
    }

    /// Pickles alone, put into an archive: every instruction after every other, and random programs.
    @Test(arguments: [1, 2, 3] as [UInt64]) func randomPickles(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let opcodes =
            Array("(01NKMJGXhqrj])tlae}sucQR.".utf8) + [0x80, 0x95, 0x88, 0x89, 0x8a, 0x8c, 0x8d, 0x94, 0x93]
            + [0x85, 0x86, 0x87, 0, 1, 2, 255]
        for _ in 0..<500 {
            let program = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                opcodes.randomElement(using: &random) ?? 0
            }
            _ = try imports(.sglangRecorder, StoredZip(["a/data.pkl": program]).bytes, ending: ".pt")
        }
    }

    /// A program for the stack machine, and what the error says. Named, because some are long.
    struct HostilePickle: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let program: [UInt8]
        let message: String

        init(_ name: String, _ program: [UInt8], _ message: String) {
            testDescription = name
            self.program = program
            self.message = message
        }

        init(_ name: String, _ program: String, _ message: String) {
            self.init(name, Array(program.utf8), message)
        }

        /// Lists, each within the next: nothing may recurse into them.
        static let nested = HostilePickle(
            "200,000 nested lists", String(repeating: "]", count: 200_000) + String(repeating: "a", count: 199_999),
            "neither logical_count nor records")
    }

    @Test(arguments: [
        .nested, HostilePickle("a list within itself", "]q\u{0}h\u{0}a", "neither logical_count nor records"),
        HostilePickle("a million values", String(repeating: "N", count: 1 << 20 + 8), "values at once"),
        HostilePickle("half a frame", [0x28, 0x95], "ends too early"),
        HostilePickle("a long number", [0x8a, 9], "a number of 9 bytes"),
        HostilePickle("a long text", [0x8d] + [UInt8](repeating: 255, count: 8), "a text of"),
        HostilePickle("an empty memo", "h\u{1}", "nothing was remembered"),
        HostilePickle("a call", "cos\nsystem\n(X\u{2}\0\0\0lstR", "calls 'os system'"),
        HostilePickle("no mark", "e", "there is no mark"),
        HostilePickle("INST", "ios\nsystem\n", "instruction 0x69"), HostilePickle("BUILD", "b", "instruction 0x62"),
        HostilePickle("a strange storage", "NQ", "no storage of torch"),
    ]) func hostilePickles(pickle: HostilePickle) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("a.pt", StoredZip(["a/data.pkl": pickle.program + [UInt8(ascii: ".")]]).bytes)
        let error = #expect(throws: TraceError.self) {
            try TraceImport(format: .sglangRecorder).run(input: folder.path, output: folder.path + "/out")
        }
        #expect(error?.description.contains(pickle.message) == true, "\(error as Any)")
        #expect(error?.file == folder.path + "/a.pt")
    }

    @Test func hostileArchives() throws {
        let good = StoredZip(["a/data.pkl": Array("N.".utf8)]).bytes
        for (bytes, message) in [
            ([], "is empty"), (Array(good.dropLast()), "not a ZIP archive"), (Array("PK".utf8), "not a ZIP archive"),
            (StoredZip(["b": []]).bytes, "no data.pkl"),
            (StoredZip(["data.pkl": Array("N.".utf8)], method: 8).bytes, "is compressed"),
            (StoredZip(["data.pkl": Array("N.".utf8)], claimedSize: 1 << 31).bytes, "does not fit"),
            (StoredZip(["data.pkl": Array("N.".utf8)], claimedCount: 9).bytes, "no entry"),
            (StoredZip(["data.pkl": Array("N.".utf8), "byteorder": Array("big".utf8)]).bytes, "little-endian"),
        ] {
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            try folder.write("a.pt", bytes)
            let error = #expect(throws: TraceError.self) {
                try TraceImport(format: .sglangRecorder).run(input: folder.path, output: folder.path + "/out")
            }
            #expect(error?.description.contains(message) == true, "\(error as Any)")
        }
    }

    @Test(arguments: [
        (#""AAA""#, "not base64"), (#"[[[1, 2]], [[1]]]"#, "rectangular"), (#"[[[1.5, 2]]]"#, "rectangular"),
        (#"[[1, 2]]"#, "has shape [1, 2]"), ("7", "neither a text"),
        (#"{"shape": [1]}"#, "'line 1.routed_experts.data'"),
        (#"{"data": "AAA=", "shape": [-1, 1, 1]}"#, "are not shape"),
        (#"{"data": "AAA=", "shape": [4611686018427387904, 4, 4], "dtype": "int8"}"#, "are not shape"),
        (#"{"data": "AAA=", "dtype": "float32"}"#, "no type of whole numbers"), (#""AAAAAAAAAAA=""#, "without shape"),
        (#""\#(Data([0x93] + Array("NUMPY\u{1}\0".utf8) + [255, 255, 0, 0]).base64EncodedString())""#, "cut short"),
    ]) func hostileAnswers(value: String, message: String) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(
            "a.jsonl",
            """
            {"usage": {"prompt_tokens": 1, "completion_tokens": 1}, "choices": [{"routed_experts": \(value)}]}
            {"id": "b", "usage": {"prompt_tokens": 1}, "choices": [{"routed_experts": [[[0, 1]]]}]}
            """)
        let summary = try TraceImport(format: .vllm).run(input: folder.path, output: folder.path + "/out")
        #expect(summary.requests == 1)
        #expect(summary.damages.count == 1)
        #expect(summary.damages.first?.description.contains(message) == true, "\(summary.damages)")
    }
}

/// Builds ZIP archives of stored files, also such that lie.
struct StoredZip {
    let bytes: [UInt8]

    init(_ files: [String: [UInt8]], method: UInt16 = 0, claimedSize: UInt32? = nil, claimedCount: UInt16? = nil) {
        func little<T: FixedWidthInteger>(_ number: T) -> [UInt8] {
            withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for (name, contents) in files.sorted(by: { $0.key < $1.key }) {
            let sizes =
                little(UInt32(0)) + little(claimedSize ?? UInt32(contents.count))
                + little(claimedSize ?? UInt32(contents.count)) + little(UInt16(name.utf8.count)) + little(UInt16(0))
            let common = little(UInt16(20)) + little(UInt16(0)) + little(method) + little(UInt32(0)) + sizes
            directory += little(0x0201_4b50 as UInt32) + little(UInt16(20)) + common
            directory += [UInt8](repeating: 0, count: 10) + little(UInt32(bytes.count)) + Array(name.utf8)
            bytes += little(0x0403_4b50 as UInt32) + common + Array(name.utf8) + contents
        }
        let count = little(claimedCount ?? UInt16(files.count))
        bytes +=
            directory + little(0x0605_4b50 as UInt32) + little(UInt32(0)) + count + count
            + little(UInt32(directory.count)) + little(UInt32(bytes.count)) + little(UInt16(0))
        self.bytes = bytes
    }
}
