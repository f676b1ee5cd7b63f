import CKernels

extension WeightMatrix {
    /// Rows `firstRow`, `firstRow + rowStep`, … of a matrix of MXFP4 numbers as GPT-OSS's safetensors store it, as a
    /// matrix of type `mxfp4`. (Its gate and up rows take turns: they are steps of two.) The bytes are copied.
    ///
    /// Nil if the regions do not hold the same whole number of source rows or not all that are asked for.
    /// - Parameter blocks: `source rows × columns / 32 × 16` bytes; byte j of a block of 32 holds element 2j in its low
    ///   half and 2j + 1 in its high half.
    /// - Parameter scales: `source rows × columns / 32` E8M0 bytes.
    public static func mxfp4(
        blocks: ByteRegion, scales: ByteRegion, rows: Int, columns: Int, firstRow: Int = 0, rowStep: Int = 1
    ) -> WeightMatrix? {
        let type = ElementType.mxfp4, groups = columns / type.blockElements
        guard rows >= 0, firstRow >= 0, rowStep > 0, let rowBytes = type.byteCount(elements: columns), groups > 0,
            scales.count.isMultiple(of: groups), blocks.count / 16 == scales.count, blocks.count.isMultiple(of: 16),
            contains(rows, from: firstRow, step: rowStep, of: scales.count / groups)
        else { return nil }
        // Fits: there are at least `rows` rows in memory that take as many bytes.
        let region = ByteRegion(count: rows * rowBytes) { output in
            for row in 0..<rows {
                let group = (firstRow + row * rowStep) * groups
                gh_pack_mxfp4_row(
                    (blocks.base + group * 16).assumingMemoryBound(to: UInt8.self),
                    (scales.base + group).assumingMemoryBound(to: UInt8.self), Int64(columns), output + row * rowBytes)
            }
        }
        return WeightMatrix(type: type, rows: rows, columns: columns, region: region)
    }

    /// Whether `rows` rows `step` apart lie within `sourceRows`, without a product that could overflow.
    private static func contains(_ rows: Int, from first: Int, step: Int, of sourceRows: Int) -> Bool {
        rows == 0 || (first < sourceRows && rows - 1 <= (sourceRows - 1 - first) / step)
    }
}
