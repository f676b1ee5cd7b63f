import Tensors

/// Memory for the rounded inputs of a micro-batch, one buffer for each width and form. Used by one thread at a time.
final class RoundingBuffers {
    private struct Kind: Hashable {
        let columns: Int
        let forms: RoundedForms
    }

    private let tokens: Int
    private var buffers: [Kind: RoundedActivations] = [:]

    init(tokens: Int) { self.tokens = tokens }

    /// For the inputs that `matrices`, which are equally wide, are multiplied with.
    func buffer(for matrices: [PackedMatrix]) -> RoundedActivations {
        precondition(!matrices.isEmpty, "inputs of nothing")
        let forms = matrices.reduce(into: RoundedForms()) { $0.formUnion($1.form) }
        let kind = Kind(columns: matrices[0].columns, forms: forms)
        if let buffer = buffers[kind] { return buffer }
        let buffer = RoundedActivations(capacity: tokens, columns: kind.columns, forms: forms)
        buffers[kind] = buffer
        return buffer
    }
}
