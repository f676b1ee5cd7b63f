import Tensors
import Testing

@Suite struct Checksum64Tests {
    /// Values of the reference implementation (package `xxhash` of PyPI), for the bytes i × 131 + 7 mod 256.
    @Test(arguments: [
        (0, 0xEF46DB3751D8E999),
        (1, 0xA96C7F0CE858BBB7),
        (3, 0xBED43740EE6332BB),
        (4, 0xFA212AE44B3BB23D),
        (7, 0x2744460DD675D2C0),
        (8, 0x994B676B71CE94DD),
        (12, 0xB92F588CE720786E),
        (31, 0x6711D55E306B5D8F),
        (32, 0x07F7B8E3BC5D6E25),
        (33, 0x09F85EEB4E1CBE9F),
        (63, 0xB7C9968C066CB6A5),
        (100, 0x9DDADA11D3DC2D8F),
        (1000, 0x0BF0BDBCC82EB373),
    ])
    func agreesWithTheReference(count: Int, expected: UInt64) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ 7) }
        #expect(Checksum64.of(bytes) == expected)
        // At any address.
        let moved = [0] + bytes
        moved.withUnsafeBytes { #expect(Checksum64.of(UnsafeRawBufferPointer(rebasing: $0[1...])) == expected) }
    }
}
