/// Chooses the experts of each token from the gate's outputs.
public protocol Router: Sendable {
    /// Experts to choose from.
    var expertCount: Int { get }
    /// Experts each token goes to (top-k).
    var expertsPerToken: Int { get }

    /// Replaces `decision` by the routing of all tokens in `logits`.
    ///
    /// - Parameter logits: gate outputs, shape [tokens × expertCount], row-major. Not-a-number logits (damaged
    ///   weights) still give distinct, valid experts.
    func route(logits: UnsafeBufferPointer<Float>, into decision: inout RoutingDecision)
}

/// A router whose choice for a token depends on that token alone.
protocol TokenRouter: Router {
    /// Appends the assignments of one token, best first.
    func routeToken(_ logits: UnsafeBufferPointer<Float>, into decision: inout RoutingDecision)
}

extension TokenRouter {
    public func route(logits: UnsafeBufferPointer<Float>, into decision: inout RoutingDecision) {
        precondition(logits.count.isMultiple(of: expertCount), "logits are not whole tokens")
        precondition(decision.expertCount == expertCount && decision.expertsPerToken == expertsPerToken)
        decision.removeAll()
        for start in stride(from: 0, to: logits.count, by: expertCount) {
            routeToken(UnsafeBufferPointer(rebasing: logits[start..<start + expertCount]), into: &decision)
        }
    }
}
