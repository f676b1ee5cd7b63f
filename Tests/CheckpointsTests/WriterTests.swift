import Checkpoints
import Foundation
import Testing

/// Files appear whole or not at all.
@Suite struct WriterTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func bodyOfAnotherSizeLeavesNothingBehind() throws {
        var gguf = GGUFWriter()
        gguf.add("t", type: .f32, shape: [4], bytes: [1, 2, 3])
        expectError("x.gguf", "'t'", "3 bytes were written, but 16 belong to shape [4] of F32") {
            try gguf.write(to: folder.path("x.gguf"))
        }
        var safetensors = SafetensorsWriter()
        safetensors.add("t", shape: [1], floats: [1, 2])
        expectError("x.safetensors", "'t'", "8 bytes were written, but 4 belong") {
            try safetensors.write(to: folder.path("x.safetensors"))
        }
        #expect(try folder.names() == [])
    }

    /// Who tidies up takes no file from a writer that has just begun.
    @Test func writersAndTidyingDoNotDisturbEachOther() async throws {
        let path = folder.path("x.gguf")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<60 {
                        var output = try CheckpointOutput(path: path)
                        try output.write([1.0 as Float])
                        try output.commit()
                    }
                }
            }
            group.addTask {
                for _ in 0..<3000 { CheckpointOutput.removeAbandoned(path: path) }
            }
            try await group.waitForAll()
        }
        #expect(try folder.names() == ["x.gguf"])
    }

    @Test func failureKeepsTheOldFile() throws {
        let path = try folder.write("x.gguf", "old")
        var writer = GGUFWriter()
        writer.add("t", type: .f32, shape: [1]) { output throws(CheckpointError) in
            try output.write([1.0 as Float])
            throw CheckpointError(file: "source", reason: "went away")
        }
        expectError("source: went away") { try writer.write(to: path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        #expect(try folder.names() == ["x.gguf"])
    }

    @Test func replacesTheOldFile() throws {
        let path = try folder.write("x.gguf", "old")
        var writer = GGUFWriter()
        writer.set("key", .bool(true))
        try writer.write(to: path)
        #expect(try GGUFFile(path: path).bool("key"))
        #expect(try folder.names() == ["x.gguf"])
    }

    @Test func sameNameTwice() {
        var writer = GGUFWriter()
        writer.set("key", .bool(true))
        writer.set("key", .bool(false))
        expectError("'key'", "set twice") { try writer.write(to: folder.path("x.gguf")) }
        var tensors = GGUFWriter()
        tensors.add("t", shape: [1], floats: [1])
        tensors.add("t", shape: [1], floats: [1])
        expectError("'t'", "used twice") { try tensors.write(to: folder.path("x.gguf")) }
        var safetensors = SafetensorsWriter()
        safetensors.add("__metadata__", shape: [1], floats: [1])
        expectError("'__metadata__'", "reserved") { try safetensors.write(to: folder.path("x.safetensors")) }
    }

    @Test func valueThatDoesNotFitItsType() {
        var writer = GGUFWriter()
        writer.set("key", .uint(256), as: .uint8)
        expectError("'key'", "an unsigned integer cannot be stored as uint8") {
            try writer.write(to: folder.path("x.gguf"))
        }
    }

    @Test func folderThatDoesNotExist() {
        expectError("cannot create") { try GGUFWriter().write(to: folder.path("no/such/x.gguf")) }
    }

    /// A tensor is streamed: its body may write in any number of pieces.
    @Test func piecemealBody() throws {
        let path = folder.path("x.gguf")
        var writer = GGUFWriter()
        writer.add("t", type: .f32, shape: [1000]) { output throws(CheckpointError) in
            for value in 0..<1000 { try output.write([Float(value)]) }
        }
        try writer.write(to: path)
        let bytes = try GGUFFile(path: path).tensor("t").region.array
        #expect(bytes.suffix(4) == [0x00, 0xc0, 0x79, 0x44])  // 999 as float32
    }
}
