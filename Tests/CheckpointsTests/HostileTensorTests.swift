import Checkpoints
import Tensors
import Testing

/// The tensor table of GGUF files that lie about sizes, types and places.
@Suite struct HostileTensorTests {
    /// A file of one tensor and `bytes` bytes of data.
    private func file(
        dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0, bytes: Int = 64
    ) -> GGUFBytes {
        var file = GGUFBytes()
        file.tensor("t", dimensions: dimensions, type: type, offset: offset)
        file.data = [UInt8](repeating: 0, count: bytes)
        return file
    }

    @Test func dimensions() throws {
        #expect(try gguf(file(dimensions: [])).tensor("t").shape == [])
        expectError("'t'", "5 dimensions") { try gguf(file(dimensions: [1, 1, 1, 1, 1])) }
        for size in [0, 1 << 63, UInt64.max] {
            expectError("'t'", "size \(size) is out of range") { try gguf(file(dimensions: [1, size])) }
        }
        for shape in [[1 << 62], [1 << 61, 2], [1 << 32, 1 << 32], [1 << 21, 1 << 21, 1 << 21, 1 << 21]] {
            expectError("'t'", "too large") { try gguf(file(dimensions: shape.map(UInt64.init))) }
        }
        expectError("'t'", "beyond the end of the file") { try gguf(file(dimensions: [17])) }
    }

    @Test func rowsFillBlocks() throws {
        // 32 numbers in all, but no row is a whole block.
        expectError("'t'", "rows of 16", "Q8_0 blocks of 32") { try gguf(file(dimensions: [16, 2], type: 8)) }
        #expect(try gguf(file(dimensions: [32], type: 8)).tensor("t").region.count == 34)
    }

    @Test(arguments: [4, 5, 31, 33, 36, 43, 1000, 0x4648_0001, UInt32.max]) func unknownType(type: UInt32) {
        expectError("'t'", "tensor type \(type) is unknown") { try gguf(file(dimensions: [256], type: type)) }
    }

    private static let unsupported: [(UInt32, String, Int)] = [
        (16, "IQ2_XXS", 66), (21, "IQ3_S", 110), (34, "TQ1_0", 54), (26, "I32", 1024), (40, "NVFP4", 144),
    ]

    /// Its size is known, so its place is checked; only asking for it is an error.
    @Test(arguments: unsupported) func knownButUnsupportedType(type: UInt32, name: String, bytes: Int) throws {
        let opened = try gguf(file(dimensions: [256], type: type, bytes: bytes))
        #expect(opened.contains("t"))
        #expect(opened.tensorNames == ["t"])
        #expect(opened.tensors.isEmpty)
        #expect(opened.entries[0].typeName == name)
        #expect(opened.entries[0].region.count == bytes)
        expectError("file.gguf", "'t'", "stored as \(name), which is not supported") { try opened.tensor("t") }
        expectError("'t'", "beyond the end") { try gguf(file(dimensions: [256], type: type, bytes: bytes - 1)) }
    }

    @Test func offsets() throws {
        for offset in [1, 31, 33, UInt64.max] {
            expectError("'t'", "offset \(offset) is not a multiple of the alignment 32") {
                try gguf(file(dimensions: [1], offset: offset))
            }
        }
        for offset in [64, 1 << 40, UInt64.max - 31, 1 << 63] {
            expectError("'t'", "offset \(offset) reach", "cut short") {
                try gguf(file(dimensions: [1], offset: offset))
            }
        }
        let tensor = try gguf(file(dimensions: [1], offset: 32)).tensor("t")
        #expect(tensor.region.count == 4)
    }

    @Test func overlap() throws {
        func two(_ first: UInt64, _ second: UInt64) -> GGUFBytes {
            var file = GGUFBytes()
            file.tensor("first", dimensions: [9], type: 0, offset: first)
            file.tensor("second", dimensions: [8], type: 0, offset: second)
            file.data = [UInt8](repeating: 0, count: 128)
            return file
        }
        expectError("'second'", "overlaps tensor 'first'") { try gguf(two(0, 32)) }
        expectError("overlaps") { try gguf(two(32, 32)) }
        // 36 bytes leave room for the next multiple of 32, in either order.
        #expect(try gguf(two(0, 64)).tensor("second").shape == [8])
        #expect(try gguf(two(32, 0)).tensor("first").shape == [9])
    }

    @Test func duplicateAndMissingNames() throws {
        var file = file(dimensions: [8])
        let opened = try gguf(file)
        expectError("file.gguf", "'u'", "no such tensor") { try opened.tensor("u") }
        #expect(!opened.contains("u"))
        file.tensor("t", dimensions: [8], type: 0, offset: 32)
        expectError("'t'", "two tensors have this name") { try gguf(file) }
    }
}
