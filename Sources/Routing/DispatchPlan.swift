/// The assignments of a `RoutingDecision` sorted by expert, so that each expert handles all of its tokens at once.
///
/// The sort is a counting sort: within an expert, tokens keep their order. Storage is reused between micro-batches.
public struct DispatchPlan: Sendable {
    /// Experts that have at least one token, ascending.
    public private(set) var activeExperts: [Int] = []
    /// Slots of expert `e` are `starts[e]..<starts[e + 1]`.
    public private(set) var starts: [Int] = []
    /// Assignment of each slot, an index of the decision's `experts` and `weights`.
    public private(set) var assignments: [Int32] = []

    /// The next free slot of each expert, while slots are given out.
    private var next: [Int] = []

    public init() {}

    /// Slots of `expert`: positions in the sorted order.
    public func slots(of expert: Int) -> Range<Int> { starts[expert]..<starts[expert + 1] }

    /// Sorts `decision` into this plan.
    public mutating func fill(from decision: RoutingDecision) {
        countExperts(decision)
        assignments.removeAll(keepingCapacity: true)
        assignments.append(contentsOf: repeatElement(0, count: starts[decision.expertCount]))
        next.removeAll(keepingCapacity: true)
        next.append(contentsOf: starts)
        for (assignment, expert) in decision.experts.enumerated() where expert >= 0 {
            let slot = next[Int(expert)]
            next[Int(expert)] += 1
            assignments[slot] = Int32(truncatingIfNeeded: assignment)
        }
    }

    private mutating func countExperts(_ decision: RoutingDecision) {
        starts.removeAll(keepingCapacity: true)
        starts.append(contentsOf: repeatElement(0, count: decision.expertCount + 1))
        for expert in decision.experts where expert >= 0 { starts[Int(expert) + 1] += 1 }
        activeExperts.removeAll(keepingCapacity: true)
        for expert in 0..<decision.expertCount {
            if starts[expert + 1] > 0 { activeExperts.append(expert) }
            starts[expert + 1] += starts[expert]
        }
    }
}
