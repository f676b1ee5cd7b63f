/// Reads whole numbers from a `.npy` file (NumPy enhancement proposal 1, versions 1 to 3).
struct NumPyFile {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    let array: NumberArray

    /// - Parameter file: what errors call the bytes.
    init(_ bytes: [UInt8], file: String) throws(TraceError) {
        func error(_ reason: String) -> TraceError { TraceError(file: file, reason: ".npy array: \(reason)") }
        guard bytes.starts(with: Self.magic), bytes.count >= 12 else { throw error("no magic number") }
        let lengthBytes = bytes[6] == 1 ? 2 : 4
        guard (1...3).contains(bytes[6]) else { throw error("version \(bytes[6]) is unknown") }
        let length = bytes[8..<8 + lengthBytes].reversed().reduce(0) { $0 << 8 | Int($1) }
        let start = 8 + lengthBytes
        guard length <= Self.headerLimit, start + length <= bytes.count else { throw error("the header is cut short") }
        let header = String(decoding: bytes[start..<start + length], as: UTF8.self)
        guard let descr = Self.text(header, key: "descr"), let number = StoredNumber(numpy: descr.dropFirst()),
            let order = descr.first, "<>|=".contains(order)
        else { throw error("the header names no type of whole numbers") }
        guard let shape = Self.shape(header), let count = NumberArray.elementCount(shape) else {
            throw error("the header has no shape")
        }
        let data = bytes[(start + length)...]
        let (size, overflow) = count.multipliedReportingOverflow(by: number.width)
        guard !overflow, size == data.count else {
            throw error("\(data.count) bytes are not shape \(shape) of \(descr)")
        }
        guard let values = data.withUnsafeBytes({ number.readAll($0, bigEndian: order == ">") }) else {
            throw error("a number is too large")
        }
        let isFortran = header.contains("'fortran_order': True")
        array = NumberArray(shape: shape, values: isFortran ? Self.rowMajor(values, shape) : values)
    }

    /// The text after `'key':`, in single quotes.
    private static func text(_ header: String, key: String) -> Substring? {
        guard let found = header.range(of: "'\(key)'"), let open = header[found.upperBound...].firstIndex(of: "'")
        else { return nil }
        let start = header.index(after: open)
        return header[start...].firstIndex(of: "'").map { header[start..<$0] }
    }

    /// The tuple after `'shape':`.
    private static func shape(_ header: String) -> [Int]? {
        guard let key = header.range(of: "'shape'"), let open = header[key.upperBound...].firstIndex(of: "("),
            let close = header[open...].firstIndex(of: ")")
        else { return nil }
        let sizes = header[header.index(after: open)..<close].split(separator: ",").map { $0.filter { $0 != " " } }
            .filter { !$0.isEmpty }
        let numbers = sizes.compactMap { Int($0) }
        return numbers.count == sizes.count && sizes.count <= 8 ? numbers : nil
    }

    /// Column-major values put in row-major order.
    private static func rowMajor(_ values: [Int64], _ shape: [Int]) -> [Int64] {
        var index = [Int](repeating: 0, count: shape.count)
        return values.indices.map { _ in
            let place = zip(shape, index).reversed().reduce(0) { $0 * $1.0 + $1.1 }
            for axis in shape.indices.reversed() {
                index[axis] += 1
                if index[axis] < shape[axis] { break }
                index[axis] = 0
            }
            return values[place]
        }
    }

    private static let headerLimit = 1 << 16
}
