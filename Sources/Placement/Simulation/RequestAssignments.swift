import Activations

/// The node that each request of a trace would be sent to, and how it was known: a line of `--assignments`.
public struct RequestAssignment: Sendable, Equatable {
    public let request: String
    public let node: Int
    public let basis: GroupingModel.Basis
    public let label: String?

    /// Assigns all requests once, in order of the stream, as if all were in flight together: nodes stay equally full
    /// within the plan's band. A request's own answer is never looked at.
    public static func all(
        of trace: ReplayTrace, plan: PlacementPlan, options: SimulationOptions
    ) -> [RequestAssignment] {
        let candidates = Array(trace.requests.indices)
        guard !candidates.isEmpty else { return [] }
        var stream = RequestStream(candidates: candidates, trace: trace, order: options.order, seed: options.seed)
        var batch = SimulatedBatch(trace: trace, options: options, plan: plan)
        return candidates.map { _ in
            let request = stream.pop()
            let decision = batch.home(of: request)
            return RequestAssignment(
                request: trace.requests[request].id, node: decision.node, basis: decision.basis,
                label: trace.requests[request].label)
        }
    }
}
