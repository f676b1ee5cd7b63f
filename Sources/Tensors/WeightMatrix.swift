/// A read-only matrix of weights as it lies in a checkpoint: `rows` × `columns`, row-major, each row a whole number
/// of blocks of `type`. Output feature = row, input feature = column, so `y = W x` is one dot product a row.
public struct WeightMatrix: Sendable {
    public let type: ElementType
    public let rows: Int
    public let columns: Int
    /// Bytes of one row.
    public let rowBytes: Int
    /// Exactly `rows * rowBytes` bytes.
    public let region: ByteRegion

    /// Nil if `columns` is not a whole number of blocks or `region` does not hold exactly the matrix.
    public init?(type: ElementType, rows: Int, columns: Int, region: ByteRegion) {
        guard rows >= 0, let rowBytes = type.byteCount(elements: columns) else { return nil }
        let (bytes, overflow) = rows.multipliedReportingOverflow(by: rowBytes)
        guard !overflow, bytes == region.count else { return nil }
        self.type = type
        self.rows = rows
        self.columns = columns
        self.rowBytes = rowBytes
        self.region = region
    }

    /// First byte of row `row`.
    @inlinable public func row(_ row: Int) -> UnsafeRawPointer {
        precondition(row >= 0 && row < rows, "row outside the matrix")
        return region.base + row * rowBytes
    }

    /// Rows `range` as a matrix of its own, sharing the bytes. An expert's slab of a fused tensor is one of these.
    public func rows(_ range: Range<Int>) -> WeightMatrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows outside the matrix")
        let bytes = range.lowerBound * rowBytes..<range.upperBound * rowBytes
        return WeightMatrix(
            uncheckedType: type, rows: range.count, columns: columns, rowBytes: rowBytes, region: region.slice(bytes))
    }

    private init(uncheckedType type: ElementType, rows: Int, columns: Int, rowBytes: Int, region: ByteRegion) {
        self.type = type
        self.rows = rows
        self.columns = columns
        self.rowBytes = rowBytes
        self.region = region
    }
}
