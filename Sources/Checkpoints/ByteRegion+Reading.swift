import Tensors

/// The only places where this module reads through a region's pointer. Each checks its range first, so that a wrong
/// offset is a trap and never a read outside the file.
extension ByteRegion {
    /// The byte at `offset`.
    @inline(__always) func byte(at offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < count, "byte outside the region")
        return base.load(fromByteOffset: offset, as: UInt8.self)
    }

    /// The little-endian number at `offset`, which need not be aligned.
    @inline(__always) func number<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type) -> T {
        precondition(offset >= 0 && offset <= count - MemoryLayout<T>.size, "number outside the region")
        return T(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: type))
    }

    /// The bytes as a buffer; valid only inside `body`.
    @inline(__always) package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E)
        -> R
    {
        // The region, and with it the owner of the bytes, lives at least until `body` returns.
        try withExtendedLifetime(self) { region throws(E) in
            try body(UnsafeRawBufferPointer(start: region.base, count: region.count))
        }
    }

    /// The bytes as text, with invalid UTF-8 replaced by U+FFFD.
    var repairedText: String {
        withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes as text, or nil if they are not valid UTF-8.
    var validText: String? {
        withBytes { String(validating: $0, as: UTF8.self) }
    }
}
