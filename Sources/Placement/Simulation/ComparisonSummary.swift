/// What `guildhall simulate --json` says of a plan next to the first one.
public struct ComparisonSummary: Sendable, Encodable {
    public struct Change: Sendable, Encodable {
        /// Share by which the plan is above (below, if negative) the first, and the bounds of its 95 % interval.
        public let change: Double
        public let low: Double
        public let high: Double

        init?(_ ratio: PairedRatio?) {
            guard let ratio else { return nil }
            (change, low, high) = (ratio.change, ratio.low, ratio.high)
        }
    }

    public let plan: String
    public let against: String
    public let bytes_between_nodes: Change?
    public let communication_time: Change?
    public let expert_time: Change?
    public let layer_time: Change?
    public let imbalance: Change?

    public init(plan: String, against: String, _ comparison: RunComparison) {
        self.plan = plan
        self.against = against
        bytes_between_nodes = Change(comparison.bytesBetweenNodes)
        communication_time = Change(comparison.communicationTime)
        expert_time = Change(comparison.expertTime)
        layer_time = Change(comparison.layerTime)
        imbalance = Change(comparison.imbalance)
    }
}
