import CKernels

/// A matrix of weights in the layout that products with rounded inputs read fastest: sixteen rows side by side (see
/// `gh_packed.h` and `gh_pairs.h`). It holds the same numbers as the matrix it was made of, in about as many bytes.
public struct PackedMatrix: Sendable {
    /// The format of the matrix it was made of.
    public let type: ElementType
    public let rows: Int
    public let columns: Int
    /// Panels of sixteen rows, `panelBytes` each; aligned to 64 bytes.
    public let region: ByteRegion
    /// Bytes of sixteen rows.
    public let panelBytes: Int
    let layout: PanelLayout

    /// What the inputs of its products must be rounded to.
    public var form: RoundedForms { layout.form }

    /// Rows of one panel. Products start at a multiple of it.
    public static let panelRows = gh_panel_rows

    /// Whether a matrix of this kind can be packed.
    public static func canPack(_ type: ElementType, columns: Int) -> Bool {
        PanelLayout(type) != nil && columns > 0 && columns.isMultiple(of: max(type.blockElements, 32))
    }

    /// Bytes of a packed matrix; nil if it cannot be packed or the size overflows.
    public static func byteCount(_ type: ElementType, rows: Int, columns: Int) -> Int? {
        guard rows >= 0, columns <= Int.max >> 8, canPack(type, columns: columns), let layout = PanelLayout(type)
        else { return nil }
        let panels = rows / panelRows + (rows.isMultiple(of: panelRows) ? 0 : 1)
        let (bytes, overflow) = panels.multipliedReportingOverflow(
            by: layout.panelBytes(columns: columns))
        return overflow ? nil : bytes
    }

    /// A matrix that was packed before, for example a part of a mapped file; its bytes are what `region` of such a
    /// matrix held. Nil if they cannot be packed so, are too few or too many, or lie at no multiple of 64.
    public init?(type: ElementType, rows: Int, columns: Int, region: ByteRegion) {
        guard let bytes = Self.byteCount(type, rows: rows, columns: columns), bytes == region.count,
            UInt(bitPattern: region.base).isMultiple(of: 64), let layout = PanelLayout(type)
        else { return nil }
        self.init(layout: layout, type: type, rows: rows, columns: columns, region: region)
    }

    /// Rows `range` as a matrix of its own, sharing the bytes; an expert of a fused tensor is one of these.
    /// `range` starts at a multiple of 16, and ends at one or at the end.
    public func rows(_ range: Range<Int>) -> PackedMatrix {
        let panels = panels(of: range)
        let bytes = panels.lowerBound * panelBytes..<panels.upperBound * panelBytes
        return PackedMatrix(
            layout: layout, type: type, rows: range.count, columns: columns, region: region.slice(bytes))
    }

    /// The panels that hold exactly the rows `range`.
    func panels(of range: Range<Int>) -> Range<Int> {
        let isWhole = range.upperBound == rows || range.upperBound.isMultiple(of: Self.panelRows)
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows outside the matrix")
        precondition(range.lowerBound.isMultiple(of: Self.panelRows) && isWhole, "rows that are not whole panels")
        return range.lowerBound / Self.panelRows..<(range.upperBound + Self.panelRows - 1) / Self.panelRows
    }

    init(layout: PanelLayout, type: ElementType, rows: Int, columns: Int, region: ByteRegion) {
        self.type = type
        self.rows = rows
        self.columns = columns
        self.region = region
        self.layout = layout
        panelBytes = layout.panelBytes(columns: columns)
    }
}
