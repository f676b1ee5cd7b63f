/// The alphabet in which byte-level vocabularies write bytes: printable Latin-1 stands for itself, the other 68 bytes
/// are U+0100 to U+0143 in order (GPT-2's `bytes_to_unicode`). A space is `Ġ`, a line feed `Ċ`.
enum ByteAlphabet {
    /// The scalar that stands for each byte.
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (0...UInt8.max).map { byte in
            if isPrintable(byte) { return Unicode.Scalar(byte) }
            defer { next += 1 }
            return Unicode.Scalar(next) ?? Unicode.Scalar(byte)
        }
    }()

    /// The UTF-8 of each scalar of `scalars`.
    static let written: [[UInt8]] = scalars.map { Array(String($0).utf8) }

    /// The byte that each scalar below U+0144 stands for, or -1.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
        return bytes
    }()

    private static func isPrintable(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
    }

    /// The bytes that `piece` stands for, or nil if it holds a scalar outside the alphabet.
    static func decoded(_ piece: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(piece.count)
        var position = piece.startIndex
        while position < piece.endIndex {
            var scalar = Int(piece[position])
            position += 1
            if scalar >= 0x80 {
                // The alphabet has no scalar of more than two bytes.
                guard scalar & 0xE0 == 0xC0, position < piece.endIndex else { return nil }
                scalar = (scalar & 0x1F) << 6 | Int(piece[position] & 0x3F)
                position += 1
            }
            guard scalar < bytes.count, bytes[scalar] >= 0 else { return nil }
            result.append(UInt8(truncatingIfNeeded: bytes[scalar]))
        }
        return result
    }
}
