/// The counts of a sample of single requests in one layer.
struct KeptRequests {
    private let experts: Int
    /// `[slot, phase, expert]`.
    private var counts: [UInt32] = []

    init(experts: Int) { self.experts = experts }

    /// - Parameter both: prefill's counts, then decode's.
    mutating func store(slot: Int, _ both: Slice<UnsafeBufferPointer<UInt32>>) {
        if slot * both.count == counts.count {
            counts.append(contentsOf: both)
        } else {
            counts.replaceSubrange(slot * both.count..<(slot + 1) * both.count, with: both)
        }
    }

    var count: Int { counts.count / max(1, 2 * experts) }

    func prefill(_ slot: Int) -> ArraySlice<UInt32> { counts[slot * 2 * experts..<(slot * 2 + 1) * experts] }

    func decode(_ slot: Int) -> ArraySlice<UInt32> { counts[(slot * 2 + 1) * experts..<(slot * 2 + 2) * experts] }

    /// Prefill and decode together, `[slot, expert]`.
    func combined() -> [Float] {
        (0..<count).flatMap { slot in zip(prefill(slot), decode(slot)).map { Float($0) + Float($1) } }
    }
}
