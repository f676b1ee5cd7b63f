/// XXH64 with seed 0 ("xxHash fast digest algorithm", specification 0.1.1): notices damage at the speed of memory. It
/// keeps nobody from forging.
public enum Checksum64 {
    // The specification's primes.
    private static let p1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let p2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let p3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let p4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let p5: UInt64 = 0x27D4_EB2F_1656_67C5
    private static let stripe = 32

    /// The checksum of `bytes`.
    public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let striped = bytes.count / stripe * stripe
        var sum = striped > 0 ? stripes(of: bytes, end: striped) : p5
        sum &+= UInt64(bytes.count)
        var offset = striped
        while offset + 8 <= bytes.count {
            sum = rotate(sum ^ round(0, bytes.word(offset)), 27) &* p1 &+ p4
            offset += 8
        }
        if offset + 4 <= bytes.count {
            let half = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            sum = rotate(sum ^ UInt64(half) &* p1, 23) &* p2 &+ p3
            offset += 4
        }
        for byte in bytes[offset...] { sum = rotate(sum ^ UInt64(byte) &* p5, 11) &* p1 }
        return avalanche(sum)
    }

    /// The checksum of numbers as they lie in memory.
    public static func of<Number: BitwiseCopyable>(_ numbers: [Number]) -> UInt64 {
        numbers.withUnsafeBytes { of($0) }
    }

    /// Four lanes over the bytes before `end`, a multiple of a stripe.
    private static func stripes(of bytes: UnsafeRawBufferPointer, end: Int) -> UInt64 {
        var (a, b, c, d) = (p1 &+ p2, p2, UInt64(0), 0 &- p1)
        for offset in Swift.stride(from: 0, to: end, by: stripe) {
            a = round(a, bytes.word(offset))
            b = round(b, bytes.word(offset + 8))
            c = round(c, bytes.word(offset + 16))
            d = round(d, bytes.word(offset + 24))
        }
        let sum = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
        return [a, b, c, d].reduce(sum) { ($0 ^ round(0, $1)) &* p1 &+ p4 }
    }

    private static func avalanche(_ sum: UInt64) -> UInt64 {
        let first = (sum ^ sum >> 33) &* p2
        let second = (first ^ first >> 29) &* p3
        return second ^ second >> 32
    }

    @inline(__always) private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* p2, 31) &* p1
    }

    @inline(__always) private static func rotate(_ number: UInt64, _ bits: UInt64) -> UInt64 {
        number &<< bits | number &>> (64 &- bits)
    }
}

extension UnsafeRawBufferPointer {
    /// The little-endian number at `offset`, at any address.
    @inline(__always) fileprivate func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
