/// What a simulation replays and how.
public struct SimulationOptions: Sendable, Equatable {
    /// Which tokens of a request are replayed.
    public enum Phase: String, Sendable, CaseIterable {
        /// The answer: the machines that decode in a deployment whose prompts are read elsewhere.
        case decode
        /// The prompt.
        case prefill
        /// The prompt, then the answer on the node that its activations choose.
        case both
    }

    /// What may be used of an arriving request to choose its node.
    public enum Knowledge: String, Sendable, CaseIterable {
        /// Activations of the prompt, where the trace has them, and the label.
        case activations
        case label
        case nothing
    }

    /// In what order requests arrive; after the last one they come again.
    public enum Order: String, Sendable, CaseIterable {
        /// Shuffled by the seed, anew each time round.
        case shuffled
        /// As in the trace.
        case trace
        /// All of one domain, then all of the next: the strongest drift there can be.
        case domain
    }

    public var phase = Phase.decode
    public var knowledge = Knowledge.activations
    public var order = Order.shuffled
    /// Requests in flight per device.
    public var batch = 32
    /// Prompt tokens that a device reads in a step, over all its requests.
    public var prefillChunk = 512
    public var steps = 256
    /// Requests that arrive per second, at random; nil: a new one arrives whenever one ends.
    public var arrivalRate: Double?
    public var seed: UInt64 = 1
    /// Nodes that go, and before which step.
    public var losses: [NodeLoss] = []
    public var replanning: Replanning?

    public struct NodeLoss: Sendable, Equatable {
        public var node: Int
        public var step: Int

        public init(node: Int, step: Int) {
            self.node = node
            self.step = step
        }
    }

    /// When to look for a better plan, and when one is better enough.
    public struct Replanning: Sendable, Equatable {
        /// Steps between two looks; also the horizon over which a gain counts.
        public var every: Int
        /// A plan is taken if what it saves until the next look is at least this many times what moving costs.
        public var margin: Double
        /// Share of a migration's time for which the machines stand still; the rest is hidden behind steps.
        public var stall: Double

        public init(every: Int, margin: Double = 1.5, stall: Double = 1) {
            self.every = every
            self.margin = margin
            self.stall = stall
        }
    }

    public init() {}
}
