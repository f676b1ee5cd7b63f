import CKernels

/// A grid of scales, one for each block of a matrix: DeepSeek's `weight_scale_inv`.
public struct BlockScales: Sendable {
    /// Row-major, `rows` × `columns`.
    public let values: [Float]
    public let rows: Int
    public let columns: Int
    /// Rows and columns of the matrix that share a scale; the last blocks may be cut short.
    public let blockRows: Int
    public let blockColumns: Int

    /// Nil if `values` do not fill the grid or a block is empty.
    public init?(values: [Float], rows: Int, columns: Int, blockRows: Int, blockColumns: Int) {
        guard rows >= 0, columns >= 0, blockRows > 0, blockColumns > 0 else { return nil }
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, count == values.count else { return nil }
        self.values = values
        self.rows = rows
        self.columns = columns
        self.blockRows = blockRows
        self.blockColumns = blockColumns
    }

    fileprivate func cover(rows matrixRows: Int, columns matrixColumns: Int) -> Bool {
        Self.blocks(of: blockRows, in: matrixRows) == rows
            && Self.blocks(of: blockColumns, in: matrixColumns) == columns
    }

    private static func blocks(of size: Int, in count: Int) -> Int {
        count / size + (count.isMultiple(of: size) ? 0 : 1)
    }
}

extension WeightMatrix {
    /// A matrix of E4M3 numbers (OCP FP8) with a scale for each block, as DeepSeek-V3 stores its weights: element (r, c)
    /// is `weights[r * columns + c] * scales[r / blockRows, c / blockColumns]`, rounded to float32.
    ///
    /// The type is `f8E4M3`, a byte and a bit an element, where 128 neighbours of a row always share a scale (columns
    /// and `blockColumns` are multiples of 128); otherwise `f32`. The bytes are copied.
    ///
    /// Nil if `weights` is not `rows * columns` bytes or the scales do not cover exactly this matrix.
    public static func blockScaledFP8(
        weights: ByteRegion, rows: Int, columns: Int, scales: BlockScales
    ) -> WeightMatrix? {
        guard rows >= 0, columns >= 0, scales.cover(rows: rows, columns: columns) else { return nil }
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, count == weights.count else { return nil }
        let groups = ElementType.f8E4M3.blockElements
        let isPacked = columns.isMultiple(of: groups) && scales.blockColumns.isMultiple(of: groups)
        let type = isPacked ? ElementType.f8E4M3 : .f32
        guard let rowBytes = type.byteCount(elements: columns) else { return nil }
        let (size, tooLarge) = rows.multipliedReportingOverflow(by: rowBytes)
        guard !tooLarge else { return nil }
        let region = ByteRegion(count: size) { output in
            for row in 0..<rows {
                scales.write(
                    row, of: weights.base + row * columns, columns: columns, as: type, to: output + row * rowBytes)
            }
        }
        return WeightMatrix(type: type, rows: rows, columns: columns, region: region)
    }
}

extension BlockScales {
    /// Row number `row` of the matrix, whose numbers are at `codes`, as `f8E4M3` or `f32`.
    fileprivate func write(
        _ row: Int, of codes: UnsafeRawPointer, columns matrixColumns: Int, as type: ElementType,
        to output: UnsafeMutableRawPointer
    ) {
        let codes = codes.assumingMemoryBound(to: UInt8.self)
        values.withUnsafeBufferPointer {
            // Nil for a matrix without elements.
            guard let base = $0.baseAddress else { return }
            let scales = base + row / blockRows * columns
            if type == .f8E4M3 {
                gh_pack_f8_row(codes, scales, Int64(blockColumns), Int64(matrixColumns), output)
            } else {
                let floats = output.assumingMemoryBound(to: Float.self)
                gh_scale_f8_row(codes, scales, Int64(blockColumns), Int64(matrixColumns), floats)
            }
        }
    }
}
