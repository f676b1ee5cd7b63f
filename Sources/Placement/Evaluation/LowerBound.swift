/// What no placement can go below, however requests are grouped and experts copied.
///
/// A node has room for `S` experts of a layer. Whatever they are, they serve no more of a request's assignments than its
/// `S` most used experts get; all others leave its home. One visit takes at most `k` assignments of a token (`k` its
/// number of experts, or `S` if that is less) to another node. So the visits of a request are at least its assignments
/// beyond its `S` most used experts, divided by `k`. Tokens of one request have one home, which is all that is used; that
/// nodes serve many requests with the same experts, and load balance, are left out, so the bound is not tight.
public enum LowerBound {
    /// - Parameter requests: `[requests * experts]`, assignments of each request in this layer.
    /// - Returns: visits, all requests together.
    public static func visits(_ requests: [UInt32], experts: Int, topK: Int, slotsPerNode: Int) -> Double {
        guard experts > 0, topK > 0, slotsPerNode > 0, slotsPerNode < experts else { return 0 }
        var left = 0
        for start in stride(from: 0, to: requests.count, by: experts) {
            let sorted = requests[start..<start + experts].sorted()
            left += sorted.prefix(experts - slotsPerNode).reduce(0) { $0 + Int($1) }
        }
        return Double(left) / Double(min(topK, slotsPerNode))
    }
}

extension TrainingSet {
    /// Visits per token summed over layers that no placement for this demand goes below; 0 for a single node.
    ///
    /// - Throws: as `PlacementSearch`.
    public func lowerBound(_ demand: PlacementDemand) throws(PlacementError) -> Double {
        let room = try demand.room(experts: shape.expertCount)
        guard room.nodes > 1, tokens > 0 else { return 0 }
        return counts.reduce(0) {
            $0
                + LowerBound.visits(
                    $1, experts: shape.expertCount, topK: shape.topK, slotsPerNode: room.slotsPerNode)
        } / Double(tokens)
    }
}
