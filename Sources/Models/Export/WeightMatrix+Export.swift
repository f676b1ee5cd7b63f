import Tensors

extension WeightMatrix {
    /// Numbers of our own as a float32 matrix of `rows` equal rows.
    static func float32(_ numbers: [Float], rows: Int) -> WeightMatrix {
        precondition(rows > 0 && numbers.count.isMultiple(of: rows), "the rows are not equal")
        let region = ByteRegion(count: numbers.count * MemoryLayout<Float>.stride) { bytes in
            numbers.withUnsafeBytes { source in
                if let base = source.baseAddress { bytes.copyMemory(from: base, byteCount: source.count) }
            }
        }
        let columns = numbers.count / rows
        guard let matrix = WeightMatrix(type: .f32, rows: rows, columns: columns, region: region) else {
            preconditionFailure("the memory was made for this matrix")
        }
        return matrix
    }

    /// Which row of a matrix of `heads` heads, whose rotary pairs are the first and second half of a head, comes where
    /// when the pairs are neighbours.
    static func rowOrder(rows: Int, heads: Int) -> [Int] {
        let size = rows / heads
        return (0..<rows).map { row in
            let (head, place) = row.quotientAndRemainder(dividingBy: size)
            return head * size + place / 2 + (place.isMultiple(of: 2) ? 0 : size / 2)
        }
    }

    /// The rows in the order of `rowOrder`, in memory of their own.
    func withNeighbouringPairs(heads: Int) -> WeightMatrix {
        let order = Self.rowOrder(rows: rows, heads: heads)
        let region = ByteRegion(count: rows * rowBytes) { bytes in
            for (target, source) in order.enumerated() {
                (bytes + target * rowBytes).copyMemory(from: row(source), byteCount: rowBytes)
            }
        }
        guard let matrix = WeightMatrix(type: type, rows: rows, columns: columns, region: region) else {
            preconditionFailure("the memory was made for this matrix")
        }
        return matrix
    }
}
