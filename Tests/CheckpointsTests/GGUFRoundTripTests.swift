import Checkpoints
import Foundation
import Tensors
import Testing

@Suite struct GGUFRoundTripTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func everyMetadataTypeComesBack() throws {
        var writer = GGUFWriter()
        let pairs: [(String, MetadataValue, MetadataType)] = [
            ("u8", .uint(255), .uint8), ("i8", .int(-128), .int8), ("u16", .uint(65_535), .uint16),
            ("i16", .int(-32_768), .int16), ("u32", .uint(4_294_967_295), .uint32), ("i32", .int(-7), .int32),
            ("u64", .uint(.max), .uint64), ("i64", .int(.min), .int64), ("f32", .float(0.5), .float32),
            ("f64", .float(.pi), .float64), ("bool", .bool(true), .bool), ("string", .string("é\n"), .string),
            ("empty", .string(""), .string),
        ]
        for (key, value, type) in pairs { writer.set(key, value, as: type) }
        let path = folder.path("types.gguf")
        try writer.write(to: path)
        let file = try GGUFFile(path: path)
        for (key, value, _) in pairs { #expect(file.metadata[key] == value, "\(key)") }
        #expect(file.metadata.count == pairs.count)
        #expect(file.version == 3)
    }

    @Test func everyArrayTypeComesBack() throws {
        let arrays: [String: MetadataArray] = [
            "u8": .uints([0, 255], as: .uint8), "u16": .uints([65_535], as: .uint16), "u32": .uints([1, 2, 3]),
            "u64": .uints([.max]), "i8": .ints([-1], as: .int8), "i16": .ints([-300], as: .int16),
            "i32": .ints([-1, 5]), "i64": .ints([.min]), "f32": .floats([0.25, -2]),
            "f64": .floats([.pi], as: .float64),
            "bool": .bools([true, false]), "string": .strings(["", "wörd", "longer than fifteen bytes"]),
            "none": .strings([]), "nested": .nested([.uints([1]), .nested([.strings(["x"])])]),
        ]
        var writer = GGUFWriter()
        for (key, array) in arrays.sorted(by: { $0.key < $1.key }) { writer.set(key, .array(array)) }
        let path = folder.path("arrays.gguf")
        try writer.write(to: path)
        let file = try GGUFFile(path: path)
        for (key, array) in arrays { #expect(file.metadata[key] == .array(array), "\(key)") }
        #expect(try file.uints("u8") == [0, 255])
        #expect(try file.ints("u32") == [1, 2, 3])
        #expect(try file.ints("i64") == [.min])
        #expect(try file.floats("f64") == [.pi])
        #expect(try file.bools("bool") == [true, false])
        #expect(try file.strings("string") == ["", "wörd", "longer than fifteen bytes"])
        #expect(try file.strings("none") == [])
        let nested = try #require(file.metadata["nested"]?.arrayValue?.nested)
        #expect(nested[0].uints == [1])
        #expect(nested[1].nested?[0].strings == ["x"])
    }

    @Test func integerDefaultsAreTheTypesLlamaCppReads() throws {
        #expect(MetadataArray.uints([1]).elementType == .uint32)
        #expect(MetadataArray.uints([1 << 32]).elementType == .uint64)
        #expect(MetadataArray.ints([-1]).elementType == .int32)
        #expect(MetadataArray.ints([1 << 31]).elementType == .int64)
        #expect(MetadataArray.floats([1]).elementType == .float32)
    }

    @Test(arguments: [8, 32, 64, 4096]) func tensorsOfEveryTypeComeBackAligned(alignment: Int) throws {
        var writer = GGUFWriter(alignment: alignment)
        var expected: [String: [UInt8]] = [:]
        let types = ElementType.allCases.filter(\.isInGGUF)
        for (index, type) in types.enumerated() {
            let count = try #require(type.byteCount(elements: 3 * 512))
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) }
            expected[type.name] = bytes
            writer.add(type.name, type: type, shape: [3, 512], bytes: bytes)
        }
        writer.add("scalar", shape: [], floats: [2.5])
        writer.add("four", shape: [1, 2, 1, 3], floats: [1, 2, 3, 4, 5, 6])
        let path = folder.path("tensors-\(alignment).gguf")
        try writer.write(to: path)
        let file = try GGUFFile(path: path)
        #expect(file.alignment == alignment)
        #expect(file.tensorNames == types.map(\.name) + ["scalar", "four"])
        for (name, bytes) in expected {
            let tensor = try file.tensor(name)
            #expect(tensor.region.array == bytes, "\(name)")
            #expect(tensor.shape == [3, 512])
            #expect(tensor.type.name == name)
            #expect(tensor.offset.isMultiple(of: alignment))
            #expect(tensor.file == path)
        }
        #expect(try file.tensor("scalar").shape == [])
        #expect(try file.tensor("four").shape == [1, 2, 1, 3])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count.isMultiple(of: alignment))
    }

    @Test func sampleReadsAsWritten() throws {
        let path = try folder.write("sample.gguf", GGUFBytes.sample().file)
        let file = try GGUFFile(path: path)
        #expect(try file.uint("u8") == 200)
        #expect(try file.int("i8") == -5)
        #expect(try file.uint("u16") == 60_000)
        #expect(try file.int("i16") == -300)
        #expect(try file.int("i32") == -70_000)
        #expect(try file.float("f32") == 1.5)
        #expect(try file.float("f64") == .pi)
        #expect(try file.bool("bool"))
        #expect(try file.string("string") == "Gildehaus ⌂")
        #expect(try file.uint("u64") == .max)
        #expect(file.metadata["i64"] == .int(.min))
        #expect(try file.strings("strings") == ["a", "bc"])
        #expect(try file.tensor("plain").shape == [2, 3])
        #expect(try file.tensor("super").type == .q4_K)
        #expect(file.tensors.map(\.name) == ["plain", "blocks", "super"])
    }

    @Test func regionOutlivesTheFile() throws {
        let tensor = try GGUFFile(path: try folder.write("sample.gguf", GGUFBytes.sample().file)).tensor("plain")
        #expect(tensor.region.array == Array(GGUFBytes.sample().data.prefix(24)))
    }
}
