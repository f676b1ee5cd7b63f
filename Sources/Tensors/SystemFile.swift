#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Small files in which Linux tells about the machine.
enum SystemFile {
    /// The lines of a file, as far as its first 64 KiB go; nil if it cannot be read.
    static func lines(_ path: String) -> [String]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        guard count > 0 else { return nil }
        return bytes.prefix(count).split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    }

    static func firstLine(_ path: String) -> String? { lines(path)?.first }
}
