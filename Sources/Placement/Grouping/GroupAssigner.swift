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

        public init(node: Int, basis: GroupingModel.Basis) {
            self.node = node
            self.basis = basis
        }
    }

    /// Load on each node.
    public private(set) var loads: [Double]
    private var model: GroupingModel?
    private var arrivals = 0
    /// Nodes that take no requests.
    private var closed: Set<Int> = []

    /// - Parameters:
    ///   - model: nil spreads requests over the nodes in turn.
    ///   - nodes: as in the plan.
    public init(model: GroupingModel?, nodes: Int) {
        precondition(nodes > 0 && (model == nil || model?.nodes == nodes))
        self.model = model
        loads = [Double](repeating: 0, count: nodes)
    }

    private var openNodes: [Int] { loads.indices.filter { !closed.contains($0) } }

    /// The home of the next request; its load counts on that node until `release`.
    public mutating func assign(_ arrival: Arrival, shape: TraceShape) -> Decision {
        assign(model?.costs(of: arrival, shape: shape), load: arrival.load)
    }

    /// The same with the model's costs at hand; nil spreads requests in turn.
    public mutating func assign(
        _ prediction: (costs: [Double], basis: GroupingModel.Basis)?, load: Double = 1
    ) -> Decision {
        defer { arrivals += 1 }
        let nodes = openNodes
        guard let (costs, basis) = prediction else {
            let node = nodes[arrivals % nodes.count]
            loads[node] += load
            return Decision(node: node, basis: .nothing)
        }
        // Two requests more than the mean are never too many: without this the first would find every node full.
        let mean = (nodes.reduce(0) { $0 + loads[$1] } + load) / Double(nodes.count)
        let limit = max(mean * (1 + (model?.band ?? 0)), mean + 2 * load)
        let open = nodes.filter { loads[$0] + load <= limit }
        let candidates = open.isEmpty ? nodes : open
        let node = candidates.min { (costs[$0], loads[$0], $0) < (costs[$1], loads[$1], $1) } ?? 0
        loads[node] += load
        return Decision(node: node, basis: basis)
    }

    /// Assigns by another model from now on; loads stay.
    public mutating func adopt(_ model: GroupingModel?) {
        precondition(model == nil || model?.nodes == loads.count)
        self.model = model
    }

    /// A node takes no more requests. One must stay open.
    public mutating func close(_ node: Int) {
        closed.insert(node)
        precondition(closed.count < loads.count)
    }

    /// A request has ended.
    public mutating func release(_ load: Double, from node: Int) { loads[node] -= load }
}
