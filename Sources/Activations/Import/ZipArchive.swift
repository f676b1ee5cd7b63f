import Checkpoints
import Tensors

/// The files of a ZIP archive that are stored as they are (APPNOTE 6.3, with ZIP64). torch compresses nothing.
struct ZipArchive {
    private struct Entry {
        let method: Int
        let size: Int
        /// Of the local header.
        let offset: Int
    }

    private let bytes: ByteRegion
    private let file: String
    private var entries: [String: Entry] = [:]

    var names: some Collection<String> { entries.keys }

    init(_ bytes: ByteRegion, file: String) throws(TraceError) {
        self.bytes = bytes
        self.file = file
        let (count, offset) = try directory()
        guard count <= Self.limit else { throw error(offset, "has \(count) entries, above the limit of \(Self.limit)") }
        var position = offset
        for _ in 0..<count { try addEntry(&position) }
    }

    /// The bytes of a file in the archive.
    func contents(_ name: String) throws(TraceError) -> ByteRegion {
        guard let entry = entries[name] else { throw error(nil, "has no file '\(name.prefix(80))'") }
        guard entry.method == 0 else { throw error(entry.offset, "'\(name.prefix(80))' is compressed") }
        guard try number(entry.offset, 4) == 0x0403_4b50 else { throw error(entry.offset, "no local file header") }
        let start = entry.offset + 30 + (try number(entry.offset + 26, 2)) + (try number(entry.offset + 28, 2))
        guard start <= bytes.count, entry.size <= bytes.count - start else {
            throw error(entry.offset, "'\(name.prefix(80))' does not fit into the file")
        }
        return bytes.slice(start..<start + entry.size)
    }

    /// Where the central directory begins and how many entries it has.
    private func directory() throws(TraceError) -> (count: Int, offset: Int) {
        guard let end = try endOfDirectory() else { throw error(nil, "is not a ZIP archive, or its end is cut off") }
        let (count, offset) = (try number(end + 10, 2), try number(end + 16, 4))
        guard count == 0xffff || offset == 0xffff_ffff, end >= 20, try number(end - 20, 4) == 0x0706_4b50 else {
            return (count, offset)
        }
        let wide = try number(end - 12, 8)
        guard try number(wide, 4) == 0x0606_4b50 else { throw error(wide, "no ZIP64 end of the directory") }
        return (try number(wide + 32, 8), try number(wide + 48, 8))
    }

    /// The record at the end, which a comment of up to 64 KiB may follow.
    private func endOfDirectory() throws(TraceError) -> Int? {
        var position = bytes.count - 22
        while position >= 0, position >= bytes.count - 22 - 0xffff {
            if try number(position, 4) == 0x0605_4b50 { return position }
            position -= 1
        }
        return nil
    }

    private mutating func addEntry(_ position: inout Int) throws(TraceError) {
        let start = position
        guard try number(start, 4) == 0x0201_4b50 else { throw error(start, "no entry of the directory") }
        let (nameBytes, extraBytes) = (try number(start + 28, 2), try number(start + 30, 2))
        let extra = start + 46 + nameBytes
        position = extra + extraBytes + (try number(start + 32, 2))
        guard position <= bytes.count else { throw error(start, "an entry of the directory is cut short") }
        var (size, packed) = (try number(start + 24, 4), try number(start + 20, 4))
        var offset = try number(start + 42, 4)
        var field = extra
        while field + 4 <= extra + extraBytes {
            let (kind, length) = (try number(field, 2), try number(field + 2, 2))
            var at = field + 4
            field = at + length
            guard kind == 1, field <= extra + extraBytes else { continue }
            // ZIP64: wide values, in this order, of those that do not fit.
            func wide(_ value: Int) throws(TraceError) -> Int {
                guard value == 0xffff_ffff, at + 8 <= field else { return value }
                defer { at += 8 }
                return try number(at, 8)
            }
            size = try wide(size)
            packed = try wide(packed)
            offset = try wide(offset)
        }
        let name = bytes.slice(start + 46..<extra).withBytes { String(decoding: $0, as: UTF8.self) }
        entries[name] = Entry(method: try number(start + 10, 2), size: size, offset: offset)
    }

    /// The little-endian number of `width` bytes at `offset`.
    private func number(_ offset: Int, _ width: Int) throws(TraceError) -> Int {
        guard offset >= 0, offset <= bytes.count - width else { throw error(offset, "the file ends here") }
        let raw = bytes.slice(offset..<offset + width).withBytes { bytes in
            bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        guard let number = Int(exactly: raw), number < 1 << 48 else { throw error(offset, "a size is impossible") }
        return number
    }

    private func error(_ offset: Int?, _ reason: String) -> TraceError {
        TraceError(file: file, offset: offset, reason: "archive: \(reason)")
    }

    private static let limit = 1 << 20
}
