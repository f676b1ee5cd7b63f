import Tensors

/// Scratch memory for running experts, shared by all blocks of a model. Used by one thread at a time.
public final class ExpertWorkspace {
    /// Gathered inputs, shape [slots × hidden].
    let inputs: FloatBuffer
    /// Activated gate times up, shape [slots × width].
    let activated: FloatBuffer
    /// Outputs of the experts before they are weighted, shape [slots × hidden].
    let outputs: FloatBuffer
    /// Assignments (tokens × experts per token) that fit.
    let slots: Int
    /// Rounded inputs, by their width.
    private var roundedInputs: [Int: RoundedActivations] = [:]
    /// Rounded numbers between the projections, by their width.
    private var roundedActivated: [Int: RoundedActivations] = [:]

    public init(slots: Int, hiddenSize: Int, width: Int) {
        self.slots = slots
        inputs = FloatBuffer(count: slots * hiddenSize)
        activated = FloatBuffer(count: slots * width)
        outputs = FloatBuffer(count: slots * hiddenSize)
    }

    /// Shared by all blocks of that width. Ask before a fork: the first time makes it.
    func roundedInputs(width: Int) -> RoundedActivations { made(width, in: &roundedInputs) }

    /// The same for numbers between the projections.
    func roundedActivated(width: Int) -> RoundedActivations { made(width, in: &roundedActivated) }

    private func made(_ width: Int, in buffers: inout [Int: RoundedActivations]) -> RoundedActivations {
        if let buffer = buffers[width] { return buffer }
        let buffer = RoundedActivations(capacity: slots, columns: width)
        buffers[width] = buffer
        return buffer
    }
}
