import Checkpoints
import Foundation
import Testing

@Suite struct HuggingFaceFolderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("config.json", #"{"model_type":"mixtral","hidden_size":8}"#)
    }

    private func writeWeights(_ file: String, _ tensors: [String: Float]) throws {
        var writer = SafetensorsWriter()
        for (name, value) in tensors.sorted(by: { $0.key < $1.key }) { writer.add(name, shape: [1], floats: [value]) }
        try writer.write(to: folder.path(file))
    }

    private func writeIndex(_ map: String) throws {
        try folder.write("model.safetensors.index.json", "{\"metadata\":{\"total_size\":8},\"weight_map\":\(map)}")
    }

    @Test func oneFile() throws {
        try writeWeights("model.safetensors", ["a": 1, "b": 2])
        let checkpoint = try HuggingFaceFolder(path: folder.path)
        #expect(checkpoint.config["model_type"]?.stringValue == "mixtral")
        #expect(checkpoint.tensorNames.sorted() == ["a", "b"])
        #expect(try checkpoint.tensor("b").region.array == [0, 0, 0, 0x40])
        #expect(checkpoint.location == folder.path)
        expectError(folder.path, "'c'", "no such tensor") { try checkpoint.tensor("c") }
    }

    @Test func severalFiles() throws {
        try writeWeights("model-00001-of-00002.safetensors", ["a": 1])
        try writeWeights("model-00002-of-00002.safetensors", ["b": 2, "unlisted": 3])
        try writeIndex(#"{"b":"model-00002-of-00002.safetensors","a":"model-00001-of-00002.safetensors"}"#)
        let checkpoint = try HuggingFaceFolder(path: folder.path)
        #expect(checkpoint.tensorNames == ["b", "a"])
        #expect(try checkpoint.tensor("a").file == folder.path("model-00001-of-00002.safetensors"))
        #expect(!checkpoint.contains("unlisted"))
    }

    @Test(arguments: [
        "../x.safetensors", "/etc/x.safetensors", "sub/x.safetensors", "..", ".", "", "config.json", "x.safetensors/",
        "a\\u0000.safetensors",
    ]) func indexCannotLeaveTheFolder(name: String) throws {
        try writeIndex("{\"a\":\"\(name)\"}")
        expectError("model.safetensors.index.json", "'a'", "not a plain file name") {
            try HuggingFaceFolder(path: folder.path)
        }
    }

    @Test func indexThatDisagreesWithTheFiles() throws {
        try writeWeights("x.safetensors", ["a": 1])
        try writeIndex(#"{"a":"x.safetensors","b":"x.safetensors"}"#)
        expectError("x.safetensors", "'b'", "no such tensor") { try HuggingFaceFolder(path: folder.path) }
        try writeIndex(#"{"a":"gone.safetensors"}"#)
        expectError("gone.safetensors", "No such file") { try HuggingFaceFolder(path: folder.path) }
        try writeIndex(#"{"a":"x.safetensors","a":"x.safetensors"}"#)
        expectError("'a'", "two tensors have this name") { try HuggingFaceFolder(path: folder.path) }
        try folder.write("model.safetensors.index.json", "{}")
        expectError("index.json", "'weight_map'", "missing") { try HuggingFaceFolder(path: folder.path) }
        try folder.write("model.safetensors.index.json", #"{"weight_map":{},"weight_map":{}}"#)
        expectError("index.json", "occurs twice") { try HuggingFaceFolder(path: folder.path) }
    }

    @Test func foldersThatAreNotCheckpoints() throws {
        expectError(folder.path, "neither model.safetensors nor") { try HuggingFaceFolder(path: folder.path) }
        try folder.write("config.json", "[1]")
        expectError("config.json", "must be a JSON object") { try HuggingFaceFolder(path: folder.path) }
        var limits = CheckpointLimits()
        limits.configBytes = 2
        expectError("config.json", "has 3 bytes, above the limit of 2") {
            try HuggingFaceFolder(path: folder.path, limits: limits)
        }
        expectError("config.json", "No such file") { try HuggingFaceFolder(path: folder.path("none")) }
    }

    @Test func filesNextToTheWeights() throws {
        try writeWeights("model.safetensors", ["a": 1])
        let checkpoint = try HuggingFaceFolder(path: folder.path + "/")
        #expect(try checkpoint.tokenizerJSON == nil)
        #expect(try checkpoint.tokenizerConfig == nil)
        #expect(try checkpoint.generationConfig == nil)
        #expect(try checkpoint.chatTemplate == nil)
        try folder.write("tokenizer.json", "tokenizer")
        try folder.write("generation_config.json", "generation")
        try folder.write("tokenizer_config.json", #"{"chat_template":"inline"}"#)
        #expect(try checkpoint.tokenizerJSON == Data("tokenizer".utf8))
        #expect(try checkpoint.generationConfig == Data("generation".utf8))
        #expect(try checkpoint.chatTemplate == "inline")
        let named = #"{"chat_template":[{"name":"tool","template":"t"},{"name":"default","template":"d"}]}"#
        try folder.write("tokenizer_config.json", named)
        #expect(try checkpoint.chatTemplate == "d")
        #expect(try checkpoint.tokenizerConfig == Data(named.utf8))
        try folder.write("chat_template.jinja", "own file")
        #expect(try checkpoint.chatTemplate == "own file")
    }
}
