/// Largest over mean device load as the folds of `RequestFolds` have it.
///
/// A layer's limit is of all folds together. Where labels are new is counted apart for all layers together, and for the
/// rehearsal, which compares like with like.
struct Imbalance: Sendable {
    /// Mean over the folds whose labels are known.
    var known: Double
    /// Mean over the folds whose labels are as if never seen.
    var new: Double
    /// Of all requests as one, which is what plans are compared by.
    var whole: Double

    static let zero = Imbalance(known: 0, new: 0, whole: 0)
    /// Less is not possible.
    static let least = Imbalance(known: 1, new: 1, whole: 1)

    init(known: Double, new: Double, whole: Double) {
        self.known = known
        self.new = new
        self.whole = whole
    }

    /// - Parameter folds: of each the largest over mean device load.
    init(_ folds: FoldLoads) {
        // Not products: a placement that cannot be has an infinite load.
        let isNew = RequestFolds.newLabels .> FoldLoads.zero
        known = Double(folds.replacing(with: 0, where: isNew).sum() / Self.knownFolds)
        new = Double(folds.replacing(with: 0, where: .!isNew).sum() / Self.newFolds)
        whole = Double(folds[RequestFolds.judging])
    }

    private static let newFolds = RequestFolds.newLabels.sum()
    private static let knownFolds = Float(FoldLoads.scalarCount) - newFolds

    /// Mean over all folds.
    var mean: Double {
        (known * Double(Self.knownFolds) + new * Double(Self.newFolds)) / Double(FoldLoads.scalarCount)
    }

    /// What is above a limit, all folds together: less imbalance on known labels makes up for more on new ones.
    func excess(over limit: Imbalance) -> Double { max(0, mean - limit.mean) }

    static func + (one: Imbalance, other: Imbalance) -> Imbalance {
        Imbalance(known: one.known + other.known, new: one.new + other.new, whole: one.whole + other.whole)
    }
    static func - (one: Imbalance, other: Imbalance) -> Imbalance {
        Imbalance(known: one.known - other.known, new: one.new - other.new, whole: one.whole - other.whole)
    }
    static func * (one: Imbalance, factor: Double) -> Imbalance {
        Imbalance(known: one.known * factor, new: one.new * factor, whole: one.whole * factor)
    }
    static func * (one: Imbalance, other: Imbalance) -> Imbalance {
        Imbalance(known: one.known * other.known, new: one.new * other.new, whole: one.whole * other.whole)
    }
    static func / (one: Imbalance, other: Imbalance) -> Imbalance {
        Imbalance(known: one.known / other.known, new: one.new / other.new, whole: one.whole / other.whole)
    }

    /// Each of the two no less than in `low` and no more than in `high`.
    func clamped(_ low: Imbalance, _ high: Imbalance) -> Imbalance {
        Imbalance(
            known: min(max(known, low.known), high.known), new: min(max(new, low.new), high.new),
            whole: min(max(whole, low.whole), high.whole))
    }
}

extension [Imbalance] {
    /// 0 of none.
    var mean: Imbalance { reduce(.zero, +) * (1 / Double(Swift.max(1, count))) }
}
