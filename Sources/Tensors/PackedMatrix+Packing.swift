import CKernels

extension PackedMatrix {
    /// The packed form of `weights`; nil if its format cannot be packed. The bytes of `weights` are read once, front to
    /// back (by every worker of `pool` in its part), so those of a mapped file need not stay in memory.
    ///
    /// Pack the experts of a layer as one matrix and take `rows(_:)` of it, or give an `arena`: see there.
    public init?(packing weights: WeightMatrix, pool: ComputePool? = nil, arena: WeightArena? = nil) {
        guard let layout = PanelLayout(weights.type),
            let bytes = Self.byteCount(weights.type, rows: weights.rows, columns: weights.columns)
        else { return nil }
        let panels = bytes / layout.panelBytes(columns: weights.columns)
        let region = Self.region(count: bytes, arena) { output in
            guard let pool else { return Self.pack(weights, panels: 0..<panels, to: output) }
            pool.forEach(count: panels, grain: max(panels / (4 * pool.threads), 1)) { range, _ in
                Self.pack(weights, panels: range, to: output)
            }
        }
        self.init(
            layout: layout, type: weights.type, rows: weights.rows, columns: weights.columns, region: region)
    }

    /// Packs rows that come from elsewhere, sixteen at a time, so that the matrix is never in memory twice. Nil if such
    /// a matrix cannot be packed.
    /// - Parameter read: writes the rows of the range (at most sixteen) as the file has them, densely, to the buffer.
    public init?(
        type: ElementType, rows: Int, columns: Int, arena: WeightArena? = nil,
        reading read: (_ rows: Range<Int>, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void
    ) rethrows {
        guard let layout = PanelLayout(type), let rowBytes = type.byteCount(elements: columns),
            let bytes = Self.byteCount(type, rows: rows, columns: columns)
        else { return nil }
        let panelBytes = layout.panelBytes(columns: columns)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.panelRows * rowBytes, alignment: 64)
        defer { buffer.deallocate() }
        let region = try Self.region(count: bytes, arena) { output in
            for first in stride(from: 0, to: rows, by: Self.panelRows) {
                let range = first..<min(first + Self.panelRows, rows)
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<range.count * rowBytes])
                try read(range, part)
                // `rowBytes` is positive, because `columns` is, so the buffer has an address.
                guard let source = part.baseAddress else { return }
                layout.pack(
                    source, rowBytes: rowBytes, count: range.count, columns: columns,
                    into: output + first / Self.panelRows * panelBytes)
            }
        }
        self.init(layout: layout, type: type, rows: rows, columns: columns, region: region)
    }

    /// Writes some panels of `weights`, which can be packed, to their places in the packed matrix at `output`.
    static func pack(_ weights: WeightMatrix, panels: Range<Int>, to output: UnsafeMutableRawPointer) {
        guard let layout = PanelLayout(weights.type) else { preconditionFailure("no such packed matrix") }
        let panelBytes = layout.panelBytes(columns: weights.columns)
        for panel in panels {
            let first = panel * panelRows
            layout.pack(
                weights.row(first), rowBytes: weights.rowBytes, count: min(panelRows, weights.rows - first),
                columns: weights.columns, into: output + panel * panelBytes)
        }
    }

    private static func region(
        count: Int, _ arena: WeightArena?, fill: (UnsafeMutableRawPointer) throws -> Void
    ) rethrows -> ByteRegion {
        guard let arena else { return try ByteRegion(count: count, fill: fill) }
        return try arena.region(count: count, fill: fill)
    }
}
