import Checkpoints
import Foundation
import Models
import Testing

/// Every field of every family's configuration set to values nobody should write. Loading may fail with an error or,
/// where the value is harmless, succeed; it must not trap, and it must not take long.
@Suite struct HostileConfigurationTests {
    private var values: [Any] {
        [
            NSNull(), -1, 0, 1, 3, 1 << 20, Int.max, Int.min, 1e308, -1e308, 0.5, "x", "", [Any](), [1, 2], ["a"],
            [String: Any](), ["rope_type": "yarn"], true, false,
        ]
    }

    @Test(arguments: GoldenCheckpoint.fixtures + SwitchCheckpoint.all.map { GoldenCheckpoint(path: $0.path) })
    func noValueTraps(checkpoint: GoldenCheckpoint) throws {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
        try FileManager.default.copyItem(atPath: checkpoint.path, toPath: copy.path)
        defer { try? FileManager.default.removeItem(at: copy) }
        let file = copy.appending(path: "config.json")
        let config = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        var refused = 0
        func load(_ changed: [String: Any]) throws {
            try JSONSerialization.data(withJSONObject: changed).write(to: file)
            do { _ = try LanguageModel(path: copy.path) } catch is ConfigurationError {
                refused += 1
            } catch is CheckpointError { refused += 1 }
        }
        for key in config.keys {
            for value in values { try load(config.merging([key: value]) { $1 }) }
            guard let object = config[key] as? [String: Any] else { continue }
            for inner in object.keys {
                for value in values {
                    try load(config.merging([key: object.merging([inner: value]) { $1 }]) { $1 })
                }
            }
        }
        #expect(refused > config.count)
    }

    /// The same of GGUF metadata.
    @Test(arguments: GoldenCheckpoint.fixtures.filter { $0.gguf != nil })
    func noMetadataTraps(checkpoint: GoldenCheckpoint) throws {
        let original = try GGUFFile(path: try #require(checkpoint.gguf))
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).gguf").path
        let values: [MetadataValue] = [
            .uint(0), .uint(1), .uint(3), .uint(1 << 20), .uint(.max), .int(-1), .int(.min), .float(0), .float(-1),
            .float(1e30), .float(.nan), .float(.infinity), .bool(true), .string("x"), .array(.ints([1, 2])),
        ]
        var refused = 0
        for key in original.metadata.keys where !key.hasPrefix("tokenizer.") {
            for value in values {
                var writer = GGUFWriter()
                for (name, kept) in original.metadata where name != key && name != "general.alignment" {
                    writer.set(name, kept)
                }
                writer.set(key, value)
                for view in original.tensors {
                    writer.add(view.name, type: view.type, shape: view.shape) { output throws(CheckpointError) in
                        try output.write(UnsafeRawBufferPointer(start: view.region.base, count: view.region.count))
                    }
                }
                try writer.withTemporaryFile(near: path) { file in
                    do { _ = try TransformerModel(path: file) } catch is ConfigurationError {
                        refused += 1
                    } catch is CheckpointError { refused += 1 }
                }
            }
        }
        #expect(refused > 20)
    }
}
