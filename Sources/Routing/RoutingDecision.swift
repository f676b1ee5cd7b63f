/// Which experts each token of a micro-batch goes to, and with what weight: the one thing that passes from a router
/// to whatever runs experts.
///
/// A token has `expertsPerToken` assignments. The assignment `a` of token `t` is at index
/// `t * expertsPerToken + a` of `experts` and `weights`, in the router's order (best first).
public struct RoutingDecision: Sendable, Equatable {
    public let expertCount: Int
    public let expertsPerToken: Int
    /// The expert id of an assignment that no expert handles, because the expert's capacity was used up.
    public static let dropped: Int32 = -1

    /// Expert ids in `0..<expertCount` or `dropped`; the experts of one token are distinct. Shape
    /// [tokens × expertsPerToken].
    public private(set) var experts: [Int32] = []
    /// What each expert's output is multiplied with before the outputs are summed. Same shape as `experts`.
    public private(set) var weights: [Float] = []

    public init(expertCount: Int, expertsPerToken: Int) {
        precondition(expertsPerToken > 0 && expertsPerToken <= expertCount, "top-k must be within 1...experts")
        self.expertCount = expertCount
        self.expertsPerToken = expertsPerToken
    }

    public var tokens: Int { experts.count / expertsPerToken }

    /// Forgets all tokens and keeps the memory, so that a decode step allocates nothing.
    public mutating func removeAll() {
        experts.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
    }

    /// Adds one assignment of the token being described.
    mutating func append(expert: Int, weight: Float) {
        experts.append(Int32(truncatingIfNeeded: expert))
        weights.append(weight)
    }

    /// Adds an assignment that no expert handles: it adds nothing to the token's output.
    mutating func appendDropped() {
        experts.append(Self.dropped)
        weights.append(0)
    }

    /// Adds a token. Tests and importers use it; routers append assignment by assignment.
    public mutating func append(experts chosen: [Int], weights chosenWeights: [Float]) {
        precondition(chosen.count == expertsPerToken && chosenWeights.count == expertsPerToken)
        precondition(chosen.allSatisfy { $0 >= 0 && $0 < expertCount }, "expert id outside 0..<expertCount")
        for (expert, weight) in zip(chosen, chosenWeights) { append(expert: expert, weight: weight) }
    }
}
