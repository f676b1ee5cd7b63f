import CKernels

extension PackedMatrix {
    /// The packed forms of matrices of one kind, in one piece of memory: so the experts of a block share huge pages. Nil
    /// if they cannot be packed.
    ///
    /// Bytes of the originals that came from a mapped file leave memory as they are done with.
    public static func stack(_ matrices: [WeightMatrix], pool: ComputePool) -> [PackedMatrix]? {
        guard let first = matrices.first, let packed = packedType(of: first.type),
            matrices.allSatisfy({ $0.type == first.type && $0.rows == first.rows && $0.columns == first.columns }),
            let each = byteCount(first.type, rows: first.rows, columns: first.columns), each > 0
        else { return nil }
        let (total, overflow) = each.multipliedReportingOverflow(by: matrices.count)
        guard !overflow else { return nil }
        let panelBytes = Int(gh_packed_panel_bytes(packed, Int64(first.columns)))
        let panels = each / panelBytes
        let region = ByteRegion(count: total) { output in
            pool.forEach(count: matrices.count * panels, grain: max(panels / 4, 1)) { range, _ in
                for index in range {
                    let (expert, panel) = index.quotientAndRemainder(dividingBy: panels)
                    let row = panel * panelRows
                    gh_pack_panel(
                        packed, matrices[expert].row(row), Int64(first.rowBytes),
                        Int64(min(panelRows, first.rows - row)), Int64(first.columns), output + index * panelBytes)
                }
            }
        }
        for matrix in matrices { matrix.region.adviseUnneeded() }
        return matrices.indices.map {
            PackedMatrix(
                packedType: packed, type: first.type, rows: first.rows, columns: first.columns,
                region: region.slice($0 * each..<($0 + 1) * each))
        }
    }
}
