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
        // One more than the largest id; `noExpert` wraps to 0 and so never counts, and the loops need no branch.
        var reach: UInt16 = 0
        let count = stored.count / width
        let ids = [UInt16](unsafeUninitializedCapacity: count) { ids, initialised in
            // In bounds: `ids` has room for `count`, and `stored` holds `count * width` bytes.
            switch self {
            case .bytes:
                for index in 0..<count {
                    let byte = stored[index]
                    let id = byte == .max && expertCount <= 255 ? RequestTrace.noExpert : UInt16(byte)
                    reach = max(reach, id &+ 1)
                    ids[index] = id
                }
            case .words:
                for index in 0..<count {
                    let id = UInt16(littleEndian: stored.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
                    reach = max(reach, id &+ 1)
                    ids[index] = id
                }
            }
            initialised = count
        }
        return Int(reach) <= expertCount ? ids : nil
    }
}
