import Checkpoints
import Tensors
import Testing

/// Files made to mislead, one claim each. Errors name file, tensor or key, and what is wrong.
@Suite struct HostileGGUFTests {
    private var file = GGUFBytes()

    @Test(arguments: [
        (1 as UInt32, "version 1"), (0, "big-endian"), (4, "version 4"), (0x0300_0000, "big-endian"),
        (0x0200_0000, "big-endian"), (0xffff_ffff, "version 4294967295"),
    ]) func otherVersions(version: UInt32, message: String) {
        var file = GGUFBytes.sample()
        file.version = version
        expectError("file.gguf", message) { try gguf(file) }
    }

    @Test func version2IsRead() throws {
        var file = GGUFBytes.sample()
        file.version = 2
        #expect(try gguf(file).version == 2)
    }

    @Test mutating func otherMagic() {
        file.magic = Array("GGML".utf8)
        expectError("file.gguf at byte 0", "not a GGUF file") { try gguf(file) }
    }

    @Test(arguments: [1000, 1 << 32, 1 << 63, UInt64.max]) func countsBeyondTheFile(count: UInt64) {
        var tensors = GGUFBytes()
        tensors.tensorCount = count
        expectError("tensor count is \(count)", "at byte 8") { try gguf(tensors) }
        var pairs = GGUFBytes()
        pairs.pairCount = count
        expectError("metadata count is \(count)", "at byte 16") { try gguf(pairs) }
        var array = GGUFBytes()
        array.array("key", of: 8, count: count, [])
        expectError("'key'", "array length is \(count)") { try gguf(array) }
        var numbers = GGUFBytes()
        numbers.array("key", of: 12, count: count, GGUFBytes.little(UInt32(7)))
        expectError("'key'", "array length is \(count)") { try gguf(numbers) }
        var string = GGUFBytes()
        string.pair("key", type: 8, GGUFBytes.string("x", length: count))
        expectError("'key'", "string length") { try gguf(string) }
    }

    @Test mutating func wrongPairs() {
        file.pair("twice", type: 7, [1])
        file.pair("twice", type: 7, [1])
        expectError("'twice'", "occurs twice") { try gguf(file) }
        for (type, value, message) in [
            (13 as UInt32, [0, 0, 0, 0] as [UInt8], "type 13 is unknown"), (7, [2], "bool is 2"),
            (.max, [0], "type 4294967295 is unknown"),
        ] {
            var file = GGUFBytes()
            file.pair("key", type: type, value)
            expectError("'key'", message) { try gguf(file) }
        }
    }

    @Test mutating func wrongNames() {
        file.pair("", type: 7, [1])
        expectError("metadata key is empty") { try gguf(file) }
        var invalid = GGUFBytes()
        invalid.tensor(rawName: GGUFBytes.little(UInt64(2)) + [0xc3, 0x28], dimensions: [1], type: 0, offset: 0)
        expectError("tensor name is not valid UTF-8") { try gguf(invalid) }
        var long = GGUFBytes()
        long.tensor(String(repeating: "n", count: 1025), dimensions: [1], type: 0, offset: 0)
        expectError("tensor name is 1025, above the limit of 1024") { try gguf(long) }
    }

    @Test mutating func invalidTextInValuesIsRepaired() throws {
        file.pair("value", type: 8, GGUFBytes.little(UInt64(3)) + [0x61, 0xff, 0x62])
        file.array("values", of: 8, count: 1, GGUFBytes.little(UInt64(1)) + [0x80])
        let file = try gguf(file)
        #expect(try file.string("value") == "a\u{fffd}b")
        #expect(try file.strings("values") == ["\u{fffd}"])
    }

    @Test func nestingIsBounded() throws {
        func nested(_ depth: Int) -> GGUFBytes {
            var file = GGUFBytes()
            let levels = (1..<depth).flatMap { _ in GGUFBytes.little(UInt32(9)) + GGUFBytes.little(UInt64(1)) }
            file.pair("deep", type: 9, levels + GGUFBytes.little(UInt32(0)) + GGUFBytes.little(UInt64(1)) + [5])
            return file
        }
        #expect(try gguf(nested(4)).metadata["deep"] != nil)
        for depth in [5, 100, 100_000] {
            expectError("'deep'", "nested more than 4 deep") { try gguf(nested(depth)) }
        }
    }

    @Test(arguments: [0, 1, 3, 4, 12, 24, 100, UInt32.max]) func wrongAlignment(alignment: UInt32) {
        var file = GGUFBytes()
        file.pair("general.alignment", type: 4, GGUFBytes.little(alignment))
        expectError("'general.alignment'", "power of two", "\(alignment)") { try gguf(file) }
    }

    @Test func alignmentOfAnotherType() {
        var file = GGUFBytes()
        file.pair("general.alignment", type: 8, GGUFBytes.string("32"))
        expectError("'general.alignment'", "power of two", "a string") { try gguf(file) }
    }

    @Test func largestAlignment() throws {
        var file = GGUFBytes()
        file.pair("general.alignment", type: 4, GGUFBytes.little(UInt32(1 << 31)))
        #expect(try gguf(file).alignment == 1 << 31)
        file.tensor("t", dimensions: [1], type: 0, offset: 0)
        expectError("'t'", "beyond the end of the file") { try gguf(file) }
    }

    @Test func metadataLimits() throws {
        var limits = CheckpointLimits()
        limits.metadataPairs = 1
        limits.arrayElements = 2
        limits.metadataStringBytes = 3
        var file = GGUFBytes()
        file.array("a", of: 0, count: 3, [1, 2, 3])
        expectError("'a'", "array length is 3, above the limit of 2") { try gguf(file, limits: limits) }
        file.pair("b", type: 7, [1])
        expectError("metadata count is 2, above the limit of 1") { try gguf(file, limits: limits) }
        limits.metadataPairs = 2
        var strings = GGUFBytes()
        strings.pair("first", type: 8, GGUFBytes.string("12"))
        strings.pair("second", type: 8, GGUFBytes.string("12"))
        expectError("'second'", "above the limit of 1") { try gguf(strings, limits: limits) }
    }

    @Test func messagesAreOneLine() {
        var file = GGUFBytes()
        file.tensor("evil\n\u{1b}[31mname", dimensions: [1], type: 99, offset: 0)
        let error = checkpointError { try gguf(file) }
        #expect(error?.item == "evil\n\u{1b}[31mname")
        #expect(error?.description.contains("evil\\u{a}\\u{1b}[31mname") == true)
    }
}
