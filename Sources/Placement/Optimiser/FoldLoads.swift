/// Loads of one thing in eight random quarters of the training requests, kept side by side.
///
/// A plan that is balanced on all requests together is less so on the next ones. Its mean imbalance over random subsets
/// tells how much less, so that is what placement keeps low.
typealias FoldLoads = SIMD8<Float>

extension SIMD8<Float> {
    /// Mean over the folds.
    var mean: Float { sum() * 0.125 }

    /// Elementwise the larger.
    func larger(_ other: SIMD8<Float>) -> SIMD8<Float> { replacing(with: other, where: other .> self) }
}
