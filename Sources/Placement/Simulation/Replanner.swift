import Activations

/// What makes a new plan from what was just seen. The simulator decides whether it is worth moving.
public protocol Replanner: Sendable {
    /// - Parameters:
    ///   - recent: requests that were in flight since the last look, with the rows that have been run; each once.
    ///   - shape: theirs.
    ///   - current: the plan in use.
    /// - Returns: a plan of the same machines and layers; nil to stay.
    func plan(recent: [RequestTrace], shape: TraceShape, current: PlacementPlan) throws -> PlacementPlan?
}
