/// Expert ids as they lie in files: one byte each, or two, little-endian; all bits set stand for none.
enum StoredIDs: Sendable {
    case bytes, words

    /// The narrowest form that has an id to spare for none.
    init(expertCount: Int) { self = expertCount <= 255 ? .bytes : .words }

    var width: Int {
        switch self {
        case .bytes: 1
        case .words: 2
        }
    }

    /// Appends `ids` in this form.
    func append(_ ids: [UInt16], to bytes: inout [UInt8]) {
        switch self {
        case .bytes: bytes.append(contentsOf: ids.lazy.map { UInt8(truncatingIfNeeded: $0) })
        case .words:
            // Little-endian on the machines this program supports.
            ids.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
    }

    /// The ids in `stored`; nil if one is neither an expert nor none.
    ///
    /// - Parameter stored: whole ids.
    func read(_ stored: UnsafeRawBufferPointer, expertCount: Int) -> [UInt16]? {
        switch self {
        case .bytes: Self.widen(stored, expertCount: expertCount)
        case .words: Self.copy(stored, expertCount: expertCount)
        }
    }

    // In both, one more than an id is compared, so that none wraps to 0; and no loop branches, so that all are vectors.
    // All are in bounds: the array has room for `count` ids, and as many are in `stored`.

    private static func widen(_ stored: UnsafeRawBufferPointer, expertCount: Int) -> [UInt16]? {
        let hasNone = expertCount <= 255
        if hasNone {
            var reach: UInt8 = 0
            for byte in stored { reach = max(reach, byte &+ 1) }
            guard Int(reach) <= expertCount else { return nil }
        }
        let noneBits: UInt16 = hasNone ? 0xff00 : 0
        return [UInt16](unsafeUninitializedCapacity: stored.count) { ids, initialised in
            for index in 0..<stored.count {
                let byte = stored[index]
                ids[index] = UInt16(byte) | (byte == .max ? noneBits : 0)
            }
            initialised = stored.count
        }
    }

    private static func copy(_ stored: UnsafeRawBufferPointer, expertCount: Int) -> [UInt16]? {
        let count = stored.count / 2
        let ids = [UInt16](unsafeUninitializedCapacity: count) { ids, initialised in
            for index in 0..<count {
                ids[index] = UInt16(littleEndian: stored.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
            }
            initialised = count
        }
        return ids.reduce(0) { max($0, $1 &+ 1) } <= expertCount ? ids : nil
    }
}
