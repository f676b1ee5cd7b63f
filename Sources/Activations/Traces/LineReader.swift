import Checkpoints
import Tensors

/// The lines of a text file, without copying them; blank ones are left out.
struct LineReader {
    struct Line {
        /// Counts from 1.
        let number: Int
        /// Nil if the line is longer than the limit.
        let text: ByteRegion?
    }

    private let bytes: ByteRegion
    private let limit: Int
    private var offset = 0
    private var number = 0

    init(_ bytes: ByteRegion, limit: Int) {
        self.bytes = bytes
        self.limit = limit
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
            return Line(number: number, text: length <= limit ? line : nil)
        }
        return nil
    }

    private static func isBlank(_ line: ByteRegion) -> Bool {
        line.withBytes { $0.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d } }
    }
}
