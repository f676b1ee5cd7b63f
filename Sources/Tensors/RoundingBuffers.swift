/// Memory for the rounded inputs of products, one buffer for each width and form. Used by one thread at a time.
public final class RoundingBuffers {
    private struct Kind: Hashable {
        let columns: Int
        let forms: RoundedForms
    }

    private let tokens: Int
    private var buffers: [Kind: RoundedActivations] = [:]

    /// - Parameter tokens: inputs that a buffer has room for.
    public init(tokens: Int) { self.tokens = tokens }

    /// For the inputs that `matrices`, which are equally wide, are multiplied with; nil for no matrices.
    public func buffer(for matrices: [PackedMatrix]) -> RoundedActivations? {
        guard let first = matrices.first else { return nil }
        precondition(matrices.allSatisfy { $0.columns == first.columns }, "inputs of several widths")
        let kind = Kind(columns: first.columns, forms: matrices.reduce(into: []) { $0.formUnion($1.form) })
        if let buffer = buffers[kind] { return buffer }
        let buffer = RoundedActivations(capacity: tokens, columns: kind.columns, forms: kind.forms)
        buffers[kind] = buffer
        return buffer
    }
}
