/// Loads of one thing in sixteen random quarters of the training requests, kept side by side.
///
/// A plan that is balanced on all requests together is less so on the next ones. Its mean imbalance over random subsets
/// tells how much less, so that is what placement keeps low.
typealias FoldLoads = SIMD16<Float>

extension SIMD16<Float> {
    /// Mean over the folds.
    var mean: Float { sum() * 0.0625 }

    /// Elementwise the larger.
    func larger(_ other: Self) -> Self { replacing(with: other, where: other .> self) }
}
