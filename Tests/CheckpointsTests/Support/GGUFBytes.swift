/// Builds GGUF files field by field. Unlike `GGUFWriter` it can lie about everything.
struct GGUFBytes {
    private(set) var bytes: [UInt8] = []
    private(set) var pairs: [[UInt8]] = []
    private(set) var infos: [[UInt8]] = []

    var magic: [UInt8] = Array("GGUF".utf8)
    var version: UInt32 = 3
    var alignment = 32
    /// Claimed counts; nil for the true ones.
    var tensorCount: UInt64?
    var pairCount: UInt64?
    /// Tensor data, put after the padded header.
    var data: [UInt8] = []

    static func little<T: FixedWidthInteger>(_ number: T) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    static func string(_ text: String, length: UInt64? = nil) -> [UInt8] {
        little(length ?? UInt64(text.utf8.count)) + Array(text.utf8)
    }

    /// Adds a pair whose value is given as stored bytes.
    mutating func pair(_ key: String, type: UInt32, _ value: [UInt8]) {
        pairs.append(Self.string(key) + Self.little(type) + value)
    }

    /// Adds an array: element type, claimed count, stored bytes.
    mutating func array(_ key: String, of type: UInt32, count: UInt64, _ elements: [UInt8]) {
        pair(key, type: 9, Self.little(type) + Self.little(count) + elements)
    }

    /// Adds a record of the tensor table; `dimensions` in file order, contiguous first.
    mutating func tensor(_ name: String, dimensions: [UInt64], type: UInt32, offset: UInt64) {
        tensor(rawName: Self.string(name), dimensions: dimensions, type: type, offset: offset)
    }

    mutating func tensor(rawName: [UInt8], dimensions: [UInt64], type: UInt32, offset: UInt64) {
        infos.append(
            rawName + Self.little(UInt32(dimensions.count)) + dimensions.flatMap(Self.little) + Self.little(type)
                + Self.little(offset))
    }

    /// Bytes before the padding.
    var header: [UInt8] {
        magic + Self.little(version) + Self.little(tensorCount ?? UInt64(infos.count))
            + Self.little(pairCount ?? UInt64(pairs.count)) + pairs.joined() + infos.joined()
    }

    var file: [UInt8] {
        let header = header
        let padding = [UInt8](repeating: 0, count: (alignment - header.count % alignment) % alignment)
        return header + padding + data
    }

    /// A small sound file: a pair of each type, arrays, and three tensors of different types.
    static func sample() -> GGUFBytes {
        var file = GGUFBytes()
        file.pair("general.alignment", type: 4, little(UInt32(32)))
        file.pair("u8", type: 0, [200])
        file.pair("i8", type: 1, little(Int8(-5)))
        file.pair("u16", type: 2, little(UInt16(60_000)))
        file.pair("i16", type: 3, little(Int16(-300)))
        file.pair("i32", type: 5, little(Int32(-70_000)))
        file.pair("f32", type: 6, little(Float(1.5).bitPattern))
        file.pair("bool", type: 7, [1])
        file.pair("string", type: 8, string("Gildehaus ⌂"))
        file.pair("u64", type: 10, little(UInt64.max))
        file.pair("i64", type: 11, little(Int64.min))
        file.pair("f64", type: 12, little(Double.pi.bitPattern))
        file.array("strings", of: 8, count: 2, string("a") + string("bc"))
        file.array("numbers", of: 5, count: 3, little(Int32(1)) + little(Int32(-2)) + little(Int32(3)))
        file.array("flags", of: 7, count: 2, [0, 1])
        let inner = little(UInt32(0)) + little(UInt64(2)) + [7, 8]
        file.array("nested", of: 9, count: 2, inner + inner)
        file.tensor("plain", dimensions: [3, 2], type: 0, offset: 0)
        file.tensor("blocks", dimensions: [32, 2], type: 8, offset: 32)
        file.tensor("super", dimensions: [256], type: 12, offset: 128)
        file.data = (0..<272).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        return file
    }
}
