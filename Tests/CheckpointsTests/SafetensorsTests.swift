import Checkpoints
import Foundation
import Testing

@Suite struct SafetensorsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func roundTrip() throws {
        var writer = SafetensorsWriter()
        writer.metadata = ["seed": "7", "quote \" \\ \n": "ü\u{1}"]
        writer.add("half", type: .f16, shape: [3]) { output throws(CheckpointError) in
            try output.write([1, 2, 3] as [UInt16])
        }
        writer.add("logits", shape: [2, 1, 2], floats: [1, 2, 3, 4])
        writer.add("input_ids", shape: [2], integers: [5, -6])
        writer.add("scalar", shape: [], floats: [9])
        writer.add("none", shape: [0, 7], floats: [])
        let path = folder.path("x.safetensors")
        try writer.write(to: path)
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == writer.metadata)
        #expect(Set(file.tensorNames) == ["half", "logits", "input_ids", "scalar", "none"])
        let logits = try file.tensor("logits")
        #expect(logits.shape == [2, 1, 2])
        #expect(logits.type == .f32)
        #expect(logits.region.array.count == 16)
        #expect(try file.tensor("half").region.array == [1, 0, 2, 0, 3, 0])
        #expect(try file.tensor("scalar").shape == [])
        #expect(try file.tensor("none").shape == [0, 7])
        let ids = try file.integers("input_ids")
        #expect(ids.shape == [2])
        #expect(ids.values == [5, -6])
        // Whatever the order of `add`, each tensor is aligned to its elements.
        #expect(logits.offset.isMultiple(of: 8))
    }

    @Test func emptyFile() throws {
        let path = folder.path("x.safetensors")
        try SafetensorsWriter().write(to: path)
        #expect(try SafetensorsFile(path: path).tensorNames == [])
    }

    @Test func integersOf32Bits() throws {
        let header = #"{"i":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}"#
        let file = try safetensors(safetensorsBytes(header, data: [1, 0, 0, 0, 254, 255, 255, 255]))
        #expect(try file.integers("i").values == [1, -2])
    }

    @Test func integersOfOtherTypes() throws {
        let file = try safetensors(sampleSafetensors)
        expectError("file.safetensors", "'a'", "must be I64 or I32, is F32") { try file.integers("a") }
        expectError("'z'", "no such tensor") { try file.integers("z") }
    }

    @Test(arguments: [
        ("U8", 4, 4), ("F8_E4M3", 4, 4), ("F8_E8M0", 4, 4), ("BOOL", 4, 4), ("I16", 4, 8), ("F64", 4, 32),
        ("C64", 4, 32), ("F4", 4, 2), ("F6_E2M3", 4, 3),
    ]) func unsupportedTypeIsAnErrorOnlyWhenAskedFor(dtype: String, elements: Int, bytes: Int) throws {
        let header = """
            {"odd":{"dtype":"\(dtype)","shape":[\(elements)],"data_offsets":[0,\(bytes)]},\
            "fine":{"dtype":"F32","shape":[1],"data_offsets":[\(bytes),\(bytes + 4)]}}
            """
        let file = try safetensors(safetensorsBytes(header, data: [UInt8](repeating: 0, count: bytes + 4)))
        #expect(try file.tensor("fine").shape == [1])
        #expect(file.contains("odd"))
        expectError("file.safetensors", "'odd'", "stored as \(dtype), which is not supported") {
            try file.tensor("odd")
        }
    }
}
