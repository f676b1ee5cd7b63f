/// Where the tensors of one file lie, to find out whether two of them claim the same bytes.
struct TensorLayout {
    private var extents: [(name: String, range: Range<Int>)] = []

    /// Adds the byte range of a tensor; empty ones take no space and are left out.
    mutating func add(_ name: String, _ range: Range<Int>) {
        if !range.isEmpty { extents.append((name, range)) }
    }

    /// The ranges from front to back. Throws if two overlap.
    func sorted(file: String) throws(CheckpointError) -> [(name: String, range: Range<Int>)] {
        let sorted = extents.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (left, right) in zip(sorted, sorted.dropFirst()) where right.range.lowerBound < left.range.upperBound {
            throw CheckpointError(
                file: file, item: right.name, offset: right.range.lowerBound,
                reason: "overlaps tensor '\(left.name)', which ends at byte \(left.range.upperBound)")
        }
        return sorted
    }
}
