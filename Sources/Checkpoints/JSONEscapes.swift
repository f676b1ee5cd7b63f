import Tensors

/// Resolves the escapes of one JSON string.
struct JSONEscapes {
    private let raw: ByteRegion
    private var offset = 0
    /// The result as UTF-8.
    private(set) var text: [UInt8] = []

    init(_ raw: ByteRegion) {
        self.raw = raw
        text.reserveCapacity(raw.count)
    }

    /// Fills `text`; false if an escape is wrong.
    mutating func decode() -> Bool {
        while offset < raw.count {
            let byte = raw.byte(at: offset)
            offset += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard escape() else { return false }
        }
        return true
    }

    private mutating func escape() -> Bool {
        guard offset < raw.count else { return false }
        let letter = raw.byte(at: offset)
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): return unicode()
        default: return false
        }
        return true
    }

    /// The four hexadecimal digits after `\u`, and the second half of a surrogate pair if there is one.
    private mutating func unicode() -> Bool {
        guard let unit = hexadecimal(at: offset) else { return false }
        offset += 4
        var units = [unit]
        if UTF16.isLeadSurrogate(unit), offset + 1 < raw.count, raw.byte(at: offset) == UInt8(ascii: "\\"),
            raw.byte(at: offset + 1) == UInt8(ascii: "u"), let trail = hexadecimal(at: offset + 2),
            UTF16.isTrailSurrogate(trail)
        {
            offset += 6
            units.append(trail)
        }
        // A half without its other half is replaced by U+FFFD here.
        text.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
        return true
    }

    private func hexadecimal(at start: Int) -> UInt16? {
        guard start + 4 <= raw.count else { return nil }
        var value: UInt16 = 0
        for position in start..<start + 4 {
            guard let digit = Character(Unicode.Scalar(raw.byte(at: position))).hexDigitValue else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}
