/// How a hidden state is written when it travels.
public enum VectorFormat: String, Sendable, CaseIterable {
    case fp32, bf16
    /// Eight bits, and a 32-bit scale for every 128 numbers.
    case fp8
    /// Four bits, and an 8-bit scale for every 16 numbers (NVFP4).
    case fp4

    /// Bytes of a vector of `width` numbers.
    public func bytes(_ width: Int) -> Double {
        switch self {
        case .fp32: Double(4 * width)
        case .bf16: Double(2 * width)
        case .fp8: Double(width + 4 * ((width + 127) / 128))
        case .fp4: Double((width + 1) / 2 + (width + 15) / 16)
        }
    }
}

/// For what one copy of a token's hidden state is sent, and one sum comes back.
public enum CopyGranularity: String, Sendable, CaseIterable {
    /// For each of its experts, as low-latency kernels do.
    case assignment
    /// For each device that computes one of its experts.
    case device
    /// For each node: one copy crosses the network, to the device at the sender's place in that node, which forwards
    /// it inside the node; sums are added up there before they come back.
    case node
}

/// Which of an expert's copies computes an assignment. All rules take the home node first; see `docs/simulation.md`.
public enum CopyRule: String, Sendable, CaseIterable {
    /// Copies on the home node in turn; else all copies in turn. What plans are scored by.
    case even
    /// The own device, else the own node, else the own rack, else any; in turn among equals.
    case nearest
    /// The home node; else a node that the token goes to anyway; else all copies in turn.
    case joining
}

/// How tokens travel between devices.
public struct Communication: Sendable, Equatable {
    public var dispatchFormat: VectorFormat
    public var combineFormat: VectorFormat
    /// For what a copy is sent in dispatch.
    public var deduplication: CopyGranularity
    /// For what a sum comes back in combine.
    public var preReduction: CopyGranularity
    public var copyRule: CopyRule
    /// Bytes that go with every vector sent: token and expert ids, weights.
    public var headerBytes: Double

    public init(
        dispatchFormat: VectorFormat = .fp8, combineFormat: VectorFormat = .bf16,
        deduplication: CopyGranularity = .node, preReduction: CopyGranularity = .node, copyRule: CopyRule = .even,
        headerBytes: Double = 0
    ) {
        self.dispatchFormat = dispatchFormat
        self.combineFormat = combineFormat
        self.deduplication = deduplication
        self.preReduction = preReduction
        self.copyRule = copyRule
        self.headerBytes = headerBytes
    }
}
