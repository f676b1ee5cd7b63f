import Tensors

/// The weights of one block's experts, each `down(silu(gate x) * up x)`.
public struct ExpertWeights: Sendable {
    /// Shape of one: [width × hidden].
    public let gate: [WeightMatrix]
    /// Shape of one: [width × hidden].
    public let up: [WeightMatrix]
    /// Shape of one: [hidden × width].
    public let down: [WeightMatrix]

    public init(gate: [WeightMatrix], up: [WeightMatrix], down: [WeightMatrix]) {
        precondition(!gate.isEmpty && gate.count == up.count && gate.count == down.count, "one of each per expert")
        for i in gate.indices {
            precondition(gate[i].rows == gate[0].rows && gate[i].columns == gate[0].columns, "experts differ")
            precondition(up[i].rows == gate[0].rows && up[i].columns == gate[0].columns, "gate and up differ")
            precondition(down[i].rows == gate[0].columns && down[i].columns == gate[0].rows, "down does not fit")
        }
        self.gate = gate
        self.up = up
        self.down = down
    }

    public var count: Int { gate.count }
    /// Numbers of a hidden state.
    public var hiddenSize: Int { gate[0].columns }
    /// Numbers between up and down projection.
    public var width: Int { gate[0].rows }
}
