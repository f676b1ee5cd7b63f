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
    private struct Kind: Hashable {
        let width: Int
        let forms: RoundedForms
    }
    private var roundedInputs: [Kind: RoundedActivations] = [:]
    /// Rounded numbers between the projections.
    private var roundedActivated: [Kind: RoundedActivations] = [:]

    public init(slots: Int, hiddenSize: Int, width: Int) {
        self.slots = slots
        inputs = FloatBuffer(count: slots * hiddenSize)
        activated = FloatBuffer(count: slots * width)
        outputs = FloatBuffer(count: slots * hiddenSize)
    }

    /// Inputs rounded for `matrices`, shared by all blocks that want the same; nil for no matrices.
    func roundedInputs(for matrices: [PackedMatrix]) -> RoundedActivations? { made(for: matrices, in: &roundedInputs) }

    /// The same for numbers between the projections.
    func roundedActivated(for matrices: [PackedMatrix]) -> RoundedActivations? {
        made(for: matrices, in: &roundedActivated)
    }

    private func made(
        for matrices: [PackedMatrix], in buffers: inout [Kind: RoundedActivations]
    ) -> RoundedActivations? {
        guard let width = matrices.first?.columns else { return nil }
        let kind = Kind(width: width, forms: matrices.reduce(into: []) { $0.formUnion($1.form) })
        if let buffer = buffers[kind] { return buffer }
        let buffer = RoundedActivations(capacity: slots, columns: width, forms: kind.forms)
        buffers[kind] = buffer
        return buffer
    }
}
