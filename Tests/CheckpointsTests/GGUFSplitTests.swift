import Checkpoints
import Testing

/// Checkpoints in several files.
@Suite struct GGUFSplitTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Writes part `part` (from 0) with one tensor of the given name; returns its path.
    @discardableResult private func write(
        part: Int, of count: Int, tensor: String, total: Int? = nil, number: Int? = nil, claimed: Int? = nil
    ) throws -> String {
        var writer = GGUFWriter()
        if part == 0 { writer.set("general.architecture", .string("llama")) }
        writer.set("split.no", .uint(UInt64(number ?? part)), as: .uint16)
        writer.set("split.count", .uint(UInt64(claimed ?? count)), as: .uint16)
        if let total { writer.set("split.tensors.count", .int(Int64(total))) }
        writer.add(tensor, shape: [2], floats: [Float(part), -1])
        let path = folder.path("model-0000\(part + 1)-of-0000\(count).gguf")
        try writer.write(to: path)
        return path
    }

    @Test func threeParts() throws {
        let first = try write(part: 0, of: 3, tensor: "a", total: 3)
        try write(part: 1, of: 3, tensor: "b")
        let last = try write(part: 2, of: 3, tensor: "c")
        let file = try GGUFFile(path: first)
        #expect(file.tensorNames == ["a", "b", "c"])
        #expect(try file.string("general.architecture") == "llama")
        let tensor = try file.tensor("c")
        #expect(tensor.file == last)
        #expect(tensor.region.array.prefix(4) == [0, 0, 0, 0x40])
        #expect(try CheckpointKind.detect(path: first) == .gguf)
    }

    @Test func missingPart() throws {
        let first = try write(part: 0, of: 3, tensor: "a")
        try write(part: 1, of: 3, tensor: "b")
        expectError("model-00003-of-00003.gguf", "part 3 of 3 is missing") { try GGUFFile(path: first) }
    }

    @Test func anotherPartThanTheFirst() throws {
        try write(part: 0, of: 2, tensor: "a")
        let second = try write(part: 1, of: 2, tensor: "b")
        expectError("model-00002-of-00002.gguf", "open the first", "-00001-of-00002.gguf") {
            try GGUFFile(path: second)
        }
    }

    @Test func partsThatDisagree() throws {
        let first = try write(part: 0, of: 2, tensor: "a", total: 3)
        try write(part: 1, of: 2, tensor: "b")
        expectError("split.tensors.count", "is 3, but the parts hold 2") { try GGUFFile(path: first) }
        try write(part: 0, of: 2, tensor: "a")
        try write(part: 1, of: 2, tensor: "a")
        expectError("model-00002-of-00002.gguf", "'a'", "two tensors") { try GGUFFile(path: first) }
        try write(part: 1, of: 2, tensor: "b", number: 0)
        expectError("model-00002-of-00002.gguf", "'split.no'", "must be 1") { try GGUFFile(path: first) }
        try write(part: 1, of: 2, tensor: "b", claimed: 3)
        expectError("model-00002-of-00002.gguf", "'split.count'", "differs") { try GGUFFile(path: first) }
    }

    @Test func claimedCountIsBounded() throws {
        let first = try write(part: 0, of: 2, tensor: "a", claimed: 65_535)
        expectError("'split.count'", "65535 is above the limit") { try GGUFFile(path: first) }
    }

    @Test func oneOfOneIsNotSplit() throws {
        let only = try write(part: 0, of: 1, tensor: "a", total: 1)
        #expect(try GGUFFile(path: only).tensorNames == ["a"])
    }
}
