import Tensors

/// The weights of one block's experts, each `down(activation(gate x, up x))` with optional biases.
public struct ExpertWeights: Sendable {
    public let activation: Activation
    /// Shape of one: [width × hidden]. Empty if the activation has no gate.
    public let gate: [WeightMatrix]
    /// Shape of one: [width × hidden].
    public let up: [WeightMatrix]
    /// Shape of one: [hidden × width].
    public let down: [WeightMatrix]
    public let biases: ExpertBiases?
    /// The same numbers in the layout for rounded inputs, where that was asked for.
    public private(set) var packed = PackedExperts()

    public init(
        gate: [WeightMatrix], up: [WeightMatrix], down: [WeightMatrix], activation: Activation = .gatedSiLU,
        biases: ExpertBiases? = nil
    ) {
        precondition(!up.isEmpty && up.count == down.count, "one of each per expert")
        precondition(gate.count == (activation.isGated ? up.count : 0), "a gate per expert, or none")
        for i in up.indices {
            precondition(up[i].rows == up[0].rows && up[i].columns == up[0].columns, "experts differ")
            precondition(down[i].rows == up[0].columns && down[i].columns == up[0].rows, "down does not fit")
        }
        precondition(gate.allSatisfy { $0.rows == up[0].rows && $0.columns == up[0].columns }, "gate and up differ")
        self.activation = activation
        self.gate = gate
        self.up = up
        self.down = down
        self.biases = biases
        precondition(biases?.fit(count: count, width: width, hiddenSize: hiddenSize) ?? true, "biases do not fit")
    }

    /// With packed forms of the projections whose formats have one.
    /// - Parameter packing: asked for the form of each matrix of such a projection, in an order that is always the same.
    public func packed(by packing: (WeightMatrix) -> PackedMatrix?) -> ExpertWeights {
        /// All experts' matrices, or none of them.
        func packed(_ matrices: [WeightMatrix]) -> [PackedMatrix] {
            guard matrices.allSatisfy({ PackedMatrix.canPack($0.type, columns: $0.columns) }) else { return [] }
            return matrices.compactMap(packing)
        }
        var copy = self
        copy.packed = PackedExperts(gate: packed(gate), up: packed(up), down: packed(down))
        return copy
    }

    public var count: Int { up.count }
    /// Numbers of a hidden state.
    public var hiddenSize: Int { up[0].columns }
    /// Numbers between up and down projection.
    public var width: Int { up[0].rows }
}

/// Expert matrices packed for products with inputs rounded to int8; empty where they are not.
public struct PackedExperts: Sendable {
    var gate: [PackedMatrix] = []
    var up: [PackedMatrix] = []
    var down: [PackedMatrix] = []
}

/// What the experts of one block add to their projections.
public struct ExpertBiases: Sendable {
    /// Shape [experts × width]; empty if the experts have no gate.
    public let gate: [Float]
    /// Shape [experts × width].
    public let up: [Float]
    /// Shape [experts × hidden].
    public let down: [Float]

    public init(gate: [Float], up: [Float], down: [Float]) {
        self.gate = gate
        self.up = up
        self.down = down
    }

    func fit(count: Int, width: Int, hiddenSize: Int) -> Bool {
        (gate.isEmpty || gate.count == count * width) && up.count == count * width && down.count == count * hiddenSize
    }
}
