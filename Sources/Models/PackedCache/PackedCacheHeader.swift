import Checkpoints
import Tensors

/// What stands before the matrices in a packed cache: what they are, and what they were made of. Numbers are
/// little-endian. Nothing is believed that a file says: it must have the very bytes that the model at hand calls for.
///
///     0  8  "GHPACKED"
///     8  8  version of this description
///    16  8  fingerprint of the layouts, which differs between machines or versions that pack in another way
///    24  8  identity of the checkpoint
///    32  8  bytes of all matrices together, which begin at the first multiple of 2 MiB behind the header
///    40  8  number of matrices, then for each: type, rows, columns (8 bytes each)
///        8  number of checksums, then one for each 16 MiB of the matrices (XXH64)
///        8  checksum of all that (XXH64)
struct PackedCacheHeader: Equatable {
    let identity: UInt64
    let dataBytes: Int
    /// Type, rows and columns of each.
    let matrices: [UInt64]
    private let fingerprint = PackedMatrix.layoutFingerprint

    init(_ plan: PackingPlan, identity: UInt64) {
        self.identity = identity
        dataBytes = plan.byteCount
        matrices = plan.entries.flatMap {
            [UInt64($0.source.type.rawValue), UInt64($0.source.rows), UInt64($0.source.columns)]
        }
    }

    static let version: UInt64 = 1
    private static let magic = Array("GHPACKED".utf8).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    /// Bytes of the matrices that share a checksum.
    static let partBytes = 16 << 20
    private static let hugePage = 2 << 20

    /// The parts of the matrices, each with a checksum.
    var parts: [Range<Int>] {
        stride(from: 0, to: dataBytes, by: Self.partBytes).map { $0..<min($0 + Self.partBytes, dataBytes) }
    }

    /// Bytes of the header.
    private var byteCount: Int { 8 * (words.count + 1 + parts.count + 1) }
    /// Where the matrices begin: at a huge page.
    var dataOffset: Int { (byteCount + Self.hugePage - 1) / Self.hugePage * Self.hugePage }
    var fileBytes: Int { dataOffset + dataBytes }

    /// All up to the checksums.
    private var words: [UInt64] {
        [Self.magic, Self.version, fingerprint, identity, UInt64(dataBytes), UInt64(matrices.count / 3)] + matrices
    }

    /// The bytes of the header, in words.
    func encoded(checksums: [UInt64]) -> [UInt64] {
        precondition(checksums.count == parts.count, "a checksum for each part")
        let all = words + [UInt64(checksums.count)] + checksums
        return (all + [Checksum64.of(all)]).map(\.littleEndian)
    }

    /// The checksums of the parts in the header of `file`, which is this one.
    /// - Throws: `PackedCacheMismatch` if it is not, or the file is damaged or of another length.
    func checksums(in file: ByteRegion) throws(PackedCacheMismatch) -> [UInt64] {
        let words = self.words
        let found = (0..<min(byteCount, file.count) / 8).map {
            UInt64(littleEndian: file.base.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
        }
        guard found.first == Self.magic else { throw .notACache }
        guard found.count > 3 else { throw .damaged }
        guard found[1] == Self.version else { throw .otherVersion(found[1]) }
        guard found[2] == fingerprint else { throw .otherLayout }
        guard found[3] == identity else { throw .otherCheckpoint }
        guard file.count == fileBytes else { throw .otherLength(file.count, expected: fileBytes) }
        guard found.dropLast().elementsEqual(words + [UInt64(parts.count)] + found[(words.count + 1)...].dropLast()),
            Checksum64.of(Array(found.dropLast())) == found.last
        else { throw .damaged }
        return Array(found[(words.count + 1)...].dropLast())
    }
}

/// Why a packed cache is of no use.
enum PackedCacheMismatch: Error, Equatable, CustomStringConvertible {
    case notACache, otherLayout, otherCheckpoint, damaged
    case otherVersion(UInt64)
    case otherLength(Int, expected: Int)
    /// The part of the file at this byte has another checksum.
    case damagedPart(offset: Int)

    var description: String {
        switch self {
        case .notACache: "is no packed cache"
        case .otherVersion(let version): "is of version \(version), not \(PackedCacheHeader.version)"
        case .otherLayout: "was made by another version of this program or for another machine"
        case .otherCheckpoint: "was made of another checkpoint, or of this one before it changed"
        case .otherLength(let bytes, let expected): "has \(bytes) bytes instead of \(expected)"
        case .damaged: "has a damaged header"
        case .damagedPart(let offset): "is damaged behind byte \(offset)"
        }
    }
}
