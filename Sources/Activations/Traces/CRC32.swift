/// The CRC-32 of ISO 3309 and PNG, the same as Python's `zlib.crc32`, sixteen bytes at a step
/// (Kounavis, Berry: "A systematic approach to building high performance software-based CRC generators", 2005).
struct CRC32 {
    private var state: UInt32 = .max

    init() {}

    /// The checksum of `bytes` alone.
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var crc = CRC32()
        crc.update(bytes)
        return crc.value
    }

    var value: UInt32 { ~state }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        var crc = state
        Self.tables.withUnsafeBufferPointer { tables in
            var offset = 0
            // In bounds: each step reads sixteen bytes of those left, and places in the tables are below 16 × 256.
            while offset + 16 <= bytes.count {
                let first = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                let second = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
                crc = Self.sum(first ^ UInt64(crc), before: 8, tables) ^ Self.sum(second, before: 0, tables)
                offset += 16
            }
            while offset < bytes.count {
                crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[offset])) & 0xff)]
                offset += 1
            }
        }
        state = crc
    }

    /// What eight bytes do to the checksum when `count` bytes follow them.
    @inline(__always) private static func sum(
        _ word: UInt64, before count: UInt64, _ tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        func part(_ byte: UInt64) -> UInt32 {
            tables[Int(truncatingIfNeeded: (count + 7 - byte) << 8 | (word >> (8 * byte)) & 0xff)]
        }
        return part(0) ^ part(1) ^ part(2) ^ part(3) ^ part(4) ^ part(5) ^ part(6) ^ part(7)
    }

    /// `tables[k * 256 + b]`: what byte `b` does to the checksum when `k` bytes follow it.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 16 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
            tables[byte] = crc
        }
        for index in 256..<tables.count {
            let shorter = tables[index - 256]
            tables[index] = shorter >> 8 ^ tables[Int(shorter & 0xff)]
        }
        return tables
    }()
}
