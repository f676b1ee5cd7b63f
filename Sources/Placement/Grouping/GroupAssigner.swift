import Activations

/// Sends arriving requests to home nodes by a grouping model while it keeps the nodes equally full.
///
/// A value type: state in, decision out, so that a simulation and a server decide alike.
public struct GroupAssigner: Sendable {
    /// What is known of a request when it arrives.
    public struct Arrival: Sendable {
        public var label: String?
        /// `[tokens, layers, topK]` logical ids of the tokens seen so far (the prompt's), empty where none were.
        public var experts: ArraySlice<UInt16>
        /// What the request will weigh on its node, in any unit.
        public var load: Double

        public init(label: String? = nil, experts: ArraySlice<UInt16> = [], load: Double = 1) {
            self.label = label
            self.experts = experts
            self.load = load
        }
    }

    public struct Decision: Sendable, Equatable {
        public let node: Int
        public let basis: GroupingModel.Basis
    }

    /// Load on each node.
    public private(set) var loads: [Double]
    private let model: GroupingModel?
    private var arrivals = 0

    /// - Parameters:
    ///   - model: nil spreads requests over the nodes in turn.
    ///   - nodes: as in the plan.
    public init(model: GroupingModel?, nodes: Int) {
        precondition(nodes > 0 && (model == nil || model?.nodes == nodes))
        self.model = model
        loads = [Double](repeating: 0, count: nodes)
    }

    /// The home of the next request; its load counts on that node until `release`.
    public mutating func assign(_ arrival: Arrival, shape: TraceShape) -> Decision {
        defer { arrivals += 1 }
        guard let model else {
            let node = arrivals % loads.count
            loads[node] += arrival.load
            return Decision(node: node, basis: .nothing)
        }
        let (costs, basis) = model.costs(of: arrival, shape: shape)
        // Two requests more than the mean are never too many: without this the first would find every node full.
        let mean = (loads.reduce(0, +) + arrival.load) / Double(loads.count)
        let limit = max(mean * (1 + model.band), mean + 2 * arrival.load)
        let open = loads.indices.filter { loads[$0] + arrival.load <= limit }
        let candidates = open.isEmpty ? Array(loads.indices) : open
        let node = candidates.min { (costs[$0], loads[$0], $0) < (costs[$1], loads[$1], $1) } ?? 0
        loads[node] += arrival.load
        return Decision(node: node, basis: basis)
    }

    /// A request has ended.
    public mutating func release(_ load: Double, from node: Int) { loads[node] -= load }
}
