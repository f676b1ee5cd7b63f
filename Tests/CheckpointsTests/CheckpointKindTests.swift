import Checkpoints
import Foundation
import Testing

@Suite struct CheckpointKindTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func kinds() throws {
        // The content decides, not the name.
        #expect(try CheckpointKind.detect(path: folder.write("weights", GGUFBytes.sample().file)) == .gguf)
        try folder.write("config.json", "{}")
        #expect(try CheckpointKind.detect(path: folder.path) == .huggingFace)
    }

    @Test func readableErrors() throws {
        expectError("none", "does not exist") { try CheckpointKind.detect(path: folder.path("none")) }
        expectError(folder.path, "folder without config.json") { try CheckpointKind.detect(path: folder.path) }
        try folder.write("model.gguf", GGUFBytes.sample().file)
        expectError("it holds 'model.gguf'") { try CheckpointKind.detect(path: folder.path) }
        let single = try folder.write("model.safetensors", sampleSafetensors)
        expectError("model.safetensors", "give the path of its folder") { try CheckpointKind.detect(path: single) }
        let text = try folder.write("notes.txt", "hello")
        expectError("notes.txt", "neither a GGUF file nor") { try CheckpointKind.detect(path: text) }
        let empty = try folder.write("empty.gguf", "")
        expectError("empty.gguf", "is empty") { try CheckpointKind.detect(path: empty) }
        let short = try folder.write("short.gguf", "GG")
        expectError("short.gguf", "neither a GGUF file nor") { try CheckpointKind.detect(path: short) }
    }

    @Test func filesThatCannotBeMapped() throws {
        expectError(folder.path, "not a regular file") { try GGUFFile(path: folder.path) }
        expectError("/dev/null", "not a regular file") { try GGUFFile(path: "/dev/null") }
        expectError("none.gguf", "No such file") { try GGUFFile(path: folder.path("none.gguf")) }
        expectError("none.safetensors", "No such file") { try SafetensorsFile(path: folder.path("none.safetensors")) }
        // Opening a pipe nobody writes to must not wait.
        let pipe = folder.path("pipe.gguf")
        try #require(mkfifo(pipe, 0o600) == 0)
        expectError("pipe.gguf", "not a regular file") { try GGUFFile(path: pipe) }
    }
}
