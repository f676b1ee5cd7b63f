/// Largest over mean device load as the folds of `RequestFolds` have it.
///
/// A layer's limit is of all folds together. Where labels are new is counted apart for all layers together.
struct Imbalance: Sendable {
    /// `known`, `new` and `whole`, side by side.
    private var parts: SIMD3<Double>

    /// Mean over the folds whose labels are known.
    var known: Double { parts.x }
    /// Mean over the folds whose labels are as if never seen.
    var new: Double { parts.y }
    /// Of all requests as one, which is what plans are compared by.
    var whole: Double { parts.z }

    static let zero = Imbalance(all: 0)
    /// Less is not possible.
    static let least = Imbalance(all: 1)

    /// The same in all folds.
    init(all value: Double) { parts = SIMD3(repeating: value) }

    private init(_ parts: SIMD3<Double>) { self.parts = parts }

    /// - Parameter folds: of each the largest over mean device load.
    init(_ folds: FoldLoads) {
        // Not products: a placement that cannot be has an infinite load.
        let isNew = RequestFolds.newLabels .> FoldLoads.zero
        parts = SIMD3(
            Double(folds.replacing(with: 0, where: isNew).sum() / Self.knownFolds),
            Double(folds.replacing(with: 0, where: .!isNew).sum() / Self.newFolds),
            Double(folds[RequestFolds.judging]))
    }

    private static let newFolds = RequestFolds.newLabels.sum()
    private static let knownFolds = Float(FoldLoads.scalarCount) - newFolds

    /// Mean over all folds.
    var mean: Double {
        (known * Double(Self.knownFolds) + new * Double(Self.newFolds)) / Double(FoldLoads.scalarCount)
    }

    /// What is above a limit, all folds together: less imbalance on known labels makes up for more on new ones.
    func excess(over limit: Imbalance) -> Double { max(0, mean - limit.mean) }

    static func + (one: Imbalance, other: Imbalance) -> Imbalance { Imbalance(one.parts + other.parts) }
    static func - (one: Imbalance, other: Imbalance) -> Imbalance { Imbalance(one.parts - other.parts) }
    static func * (one: Imbalance, factor: Double) -> Imbalance { Imbalance(one.parts * factor) }
    static func / (one: Imbalance, other: Imbalance) -> Imbalance { Imbalance(one.parts / other.parts) }

    /// Each no less than in `low` and no more than in `high`.
    func clamped(_ low: Imbalance, _ high: Imbalance) -> Imbalance {
        Imbalance(parts.clamped(lowerBound: low.parts, upperBound: high.parts))
    }
}

extension [Imbalance] {
    /// 0 of none.
    var mean: Imbalance { reduce(.zero, +) * (1 / Double(Swift.max(1, count))) }
}
