/// The work of a packing plan in the order of the sources' addresses, so that files are read from front to back.
struct PackingPieces {
    /// Some panels of an entry.
    struct Piece {
        let entry: Int
        let panels: Range<Int>
        /// The window of its source.
        let window: Int
    }

    /// Bytes that are read together, and how many pieces are done when they are no longer needed.
    struct Window {
        fileprivate(set) var region: ByteRegion
        fileprivate(set) var endPiece: Int
    }

    private(set) var pieces: [Piece] = []
    private(set) var windows: [Window] = []

    /// Source bytes of a piece: so many that taking it costs nothing, so few that workers end together.
    private static let pieceBytes = 1 << 20
    /// Bytes of a window: so many that a disk reads them at full speed.
    private static let windowBytes = 32 << 20
    /// What is read in vain rather than begun anew behind it.
    private static let mostGap = 1 << 20

    var count: Int { pieces.count }
    subscript(index: Int) -> Piece { pieces[index] }

    init(_ plan: PackingPlan) {
        let order = plan.entries.indices.sorted {
            plan.entries[$0].source.region.base < plan.entries[$1].source.region.base
        }
        for index in order where !plan.entries[index].bytes.isEmpty {
            add(index, plan.entries[index].source)
        }
    }

    private mutating func add(_ entry: Int, _ source: WeightMatrix) {
        let panels = (source.rows + PackedMatrix.panelRows - 1) / PackedMatrix.panelRows
        let step = max(Self.pieceBytes / (source.rowBytes * PackedMatrix.panelRows), 1)
        for first in stride(from: 0, to: panels, by: step) {
            let range = first..<min(first + step, panels)
            let rows =
                range.lowerBound * PackedMatrix.panelRows..<min(range.upperBound * PackedMatrix.panelRows, source.rows)
            pieces.append(Piece(entry: entry, panels: range, window: window(of: source.rows(rows).region)))
        }
    }

    /// Adds what the next piece reads to the last window, or makes a new one.
    /// - Returns: the window's place.
    private mutating func window(of region: ByteRegion) -> Int {
        let last = windows.count - 1
        if last >= 0, let joined = windows[last].region.joined(with: region, gap: Self.mostGap),
            joined.count <= Self.windowBytes
        {
            windows[last].region = joined
            windows[last].endPiece += 1
            return last
        }
        windows.append(Window(region: region, endPiece: pieces.count + 1))
        return last + 1
    }
}
