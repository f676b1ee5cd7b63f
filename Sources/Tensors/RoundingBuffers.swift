/// Memory for the rounded inputs of products, one buffer for each width and form. Used by one thread at a time.
public final class RoundingBuffers {
    private struct Kind: Hashable {
        let columns: Int
        var forms: RoundedForms
    }

    private let tokens: Int
    private var buffers: [Kind: RoundedActivations] = [:]

    /// - Parameter tokens: inputs that a buffer has room for.
    public init(tokens: Int) { self.tokens = tokens }

    /// For the inputs that `matrices`, which are equally wide, are multiplied with; nil for no matrices.
    public func buffer(for matrices: [PackedMatrix]) -> RoundedActivations? {
        guard let first = matrices.first else { return nil }
        precondition(matrices.allSatisfy { $0.columns == first.columns }, "inputs of several widths")
        return buffer(Kind(columns: first.columns, forms: matrices.reduce(into: []) { $0.formUnion($1.form) }))
    }

    /// For the inputs of `matrix`.
    public func buffer(for matrix: PackedMatrix) -> RoundedActivations {
        buffer(Kind(columns: matrix.columns, forms: matrix.form))
    }

    /// For the inputs that all of `products` have in common.
    public func buffer<let count: Int>(for products: InlineArray<count, PackedOutput>) -> RoundedActivations {
        var kind = Kind(columns: products[0].weights.columns, forms: [])
        for index in products.indices { kind.forms.formUnion(products[index].weights.form) }
        return buffer(kind)
    }

    private func buffer(_ kind: Kind) -> RoundedActivations {
        if let buffer = buffers[kind] { return buffer }
        let buffer = RoundedActivations(capacity: tokens, columns: kind.columns, forms: kind.forms)
        buffers[kind] = buffer
        return buffer
    }
}
