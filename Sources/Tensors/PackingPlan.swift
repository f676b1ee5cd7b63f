/// Matrices that are packed together, one after the other, into one stretch of memory. The stretch depends on nothing
/// but the matrices and their order, so it may be kept in a file and be found there the next time.
public struct PackingPlan: Sendable {
    /// A matrix, and where in the stretch it is packed.
    public struct Entry: Sendable {
        public let source: WeightMatrix
        public let bytes: Range<Int>
    }

    public private(set) var entries: [Entry] = []

    public init() {}

    /// Bytes of the stretch.
    public var byteCount: Int { entries.last?.bytes.upperBound ?? 0 }

    /// Puts `matrix` behind the others, unless it cannot be packed.
    /// - Returns: its place among the entries.
    @discardableResult
    public mutating func add(_ matrix: WeightMatrix) -> Int? {
        guard let bytes = PackedMatrix.byteCount(matrix.type, rows: matrix.rows, columns: matrix.columns) else {
            return nil
        }
        let start = byteCount
        // Panels are a multiple of 64 bytes, so every matrix is aligned. A size that overflows is none of memory.
        entries.append(Entry(source: matrix, bytes: start..<start + bytes))
        return entries.count - 1
    }

    /// The packed form of entry `index` in a stretch that holds this plan's bytes, aligned to 64.
    public func matrix(_ index: Int, in stretch: ByteRegion) -> PackedMatrix {
        let entry = entries[index], source = entry.source
        let matrix = PackedMatrix(
            type: source.type, rows: source.rows, columns: source.columns, region: stretch.slice(entry.bytes))
        guard let matrix else { preconditionFailure("the stretch is not this plan's") }
        return matrix
    }

    /// Packs everything in memory of its own, on huge pages. Sources in mapped files are read as the disk gives them,
    /// from front to back, while what has been read is packed; their pages then leave the memory of this process.
    /// - Parameter progress: told which share is done, on the calling thread.
    public func pack(pool: ComputePool, progress: (Double) -> Void = { _ in }) -> ByteRegion {
        ByteRegion(count: byteCount) { stretch in
            let pieces = PackingPieces(self)
            let reading = ReadAhead(pieces.windows)
            pool.forEach(count: pieces.count, grain: 1) { range, worker in
                for index in range {
                    reading.wait(window: pieces[index].window)
                    pack(pieces[index], to: stretch)
                    reading.finish()
                    if worker == 0 { progress(Double(index + 1) / Double(pieces.count)) }
                }
            }
            reading.join()
        }
    }

    private func pack(_ piece: PackingPieces.Piece, to stretch: UnsafeMutableRawPointer) {
        let entry = entries[piece.entry]
        PackedMatrix.pack(entry.source, panels: piece.panels, to: stretch + entry.bytes.lowerBound)
    }
}
