/// Whole numbers of another program's array.
struct NumberArray: Hashable, Sendable {
    /// Row-major, outermost first; its product is `values.count`.
    var shape: [Int]
    var values: [Int64]

    /// The product of `shape`; nil if a size is negative or it overflows.
    static func elementCount(_ shape: [Int]) -> Int? {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { return nil }
            count = product
        }
        return count
    }
}

/// How numbers are stored in arrays of other programs.
enum StoredNumber: Sendable {
    case signed(bytes: Int)
    case unsigned(bytes: Int)

    var width: Int {
        switch self {
        case .signed(let bytes), .unsigned(let bytes): bytes
        }
    }

    /// NumPy's names, without the byte order: `u1`, `i4`, …
    init?(numpy name: some StringProtocol) {
        guard name.count == 2, let bytes = Int(name.dropFirst()), [1, 2, 4, 8].contains(bytes) else { return nil }
        switch name.first {
        case "i": self = .signed(bytes: bytes)
        case "u": self = .unsigned(bytes: bytes)
        default: return nil
        }
    }

    /// The names that arrays are told by in JSON: `int32`, `uint8`, …
    init?(dtype name: some StringProtocol) {
        let isUnsigned = name.hasPrefix("u")
        guard name.dropFirst(isUnsigned ? 1 : 0).hasPrefix("int"), let bits = Int(name.dropFirst(isUnsigned ? 4 : 3)),
            [8, 16, 32, 64].contains(bits)
        else { return nil }
        self = isUnsigned ? .unsigned(bytes: bits / 8) : .signed(bytes: bits / 8)
    }

    /// The number at `offset`, which must be within `bytes`; nil if it is beyond 63 bits.
    func read(_ bytes: UnsafeRawBufferPointer, at offset: Int, bigEndian: Bool = false) -> Int64? {
        func load<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> T {
            // In range by the caller's promise; files promise no alignment.
            let raw = bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
            return bigEndian ? T(bigEndian: raw) : T(littleEndian: raw)
        }
        return switch self {
        case .signed(1): Int64(load(Int8.self))
        case .signed(2): Int64(load(Int16.self))
        case .signed(4): Int64(load(Int32.self))
        case .signed: load(Int64.self)
        case .unsigned(1): Int64(load(UInt8.self))
        case .unsigned(2): Int64(load(UInt16.self))
        case .unsigned(4): Int64(load(UInt32.self))
        case .unsigned: Int64(exactly: load(UInt64.self))
        }
    }

    /// All numbers of `bytes`, which must be whole ones; nil if one is beyond 63 bits.
    func readAll(_ bytes: UnsafeRawBufferPointer, bigEndian: Bool = false) -> [Int64]? {
        var values: [Int64] = []
        values.reserveCapacity(bytes.count / width)
        for offset in stride(from: 0, to: bytes.count - width + 1, by: width) {
            guard let value = read(bytes, at: offset, bigEndian: bigEndian) else { return nil }
            values.append(value)
        }
        return values
    }
}
