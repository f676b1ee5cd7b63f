import Tensors

/// Scratch memory for running experts, shared by all blocks of a model. Used by one thread at a time.
public final class ExpertWorkspace {
    /// Gathered inputs, shape [slots × hidden].
    let inputs: FloatBuffer
    /// Activated gate times up, shape [slots × width].
    let activated: FloatBuffer
    /// Assignments (tokens × experts per token) that fit.
    let slots: Int
    /// For inputs of packed gate and up projections.
    let roundedInputs: RoundingBuffers
    /// For the numbers between the projections.
    let roundedActivated: RoundingBuffers

    public init(slots: Int, hiddenSize: Int, width: Int) {
        self.slots = slots
        inputs = FloatBuffer(count: slots * hiddenSize)
        activated = FloatBuffer(count: slots * width)
        roundedInputs = RoundingBuffers(tokens: slots)
        roundedActivated = RoundingBuffers(tokens: slots)
    }
}
