import Checkpoints
import Tensors

/// The lines of a text file, without copying them; blank ones, and a byte order mark, are left out.
struct LineReader {
    struct Line {
        /// Counts from 1.
        let number: Int
        /// Nil if the line is longer than the limit.
        let text: ByteRegion?
        /// Where it begins in the file.
        let offset: Int

        var name: String { "line \(number)" }

        /// The JSON value of this line; errors name the line, and the byte as one of the file.
        func json(file: String) throws(TraceError) -> ConfigValue {
            guard let text else { throw TraceError(file: file, item: name, reason: "is too long") }
            do throws(TraceError) { return try ConfigValue.parse(text, file: file) } catch {
                throw TraceError(file: file, item: name, offset: error.offset.map { offset + $0 }, reason: error.reason)
            }
        }
    }

    private let bytes: ByteRegion
    private let limit: Int
    private var offset = 0
    private var number = 0

    init(_ bytes: ByteRegion, limit: Int) {
        self.bytes = bytes
        self.limit = limit
        offset = Self.markLength(bytes)
    }

    /// Bytes of the byte order mark that some editors put before UTF-8; 0 if there is none.
    static func markLength(_ bytes: ByteRegion) -> Int {
        bytes.withBytes { $0.starts(with: [0xef, 0xbb, 0xbf]) } ? 3 : 0
    }

    mutating func next() -> Line? {
        while offset < bytes.count {
            let start = offset
            let rest = bytes.slice(start..<bytes.count)
            let length = rest.withBytes { rest in rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count }
            offset = start + length + 1
            number += 1
            let line = bytes.slice(start..<start + length)
            if Self.isBlank(line) { continue }
            return Line(number: number, text: length <= limit ? line : nil, offset: start)
        }
        return nil
    }

    private static func isBlank(_ line: ByteRegion) -> Bool {
        line.withBytes { $0.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d } }
    }
}
