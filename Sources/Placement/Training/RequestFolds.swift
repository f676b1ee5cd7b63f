import Randomness

/// Parts of the training requests that stand for requests to come: placement is judged by its mean over them.
///
/// Requests that come next differ from those of training by more than a part of these differs from the whole: a sixth
/// differs about as much as a fifth that training never saw. What comes next may also be about something else. So every
/// other fold takes all requests of a label or none, and there a label is at home on any one node, as if it was never
/// seen.
struct RequestFolds: Sendable {
    /// So many folds, the first, have all requests: parts alone would not tell how balanced the whole is.
    static let whole = 8
    /// One of these, by which a finished plan is judged.
    static let judging = 0

    /// The folds, as 1, that take whole labels, as if never seen.
    static let newLabels: FoldLoads = {
        var mask = FoldLoads.zero
        for fold in stride(from: whole, to: FoldLoads.scalarCount, by: 2) { mask[fold] = 1 }
        return mask
    }()

    /// So few experts have too few placements for one to fit the training requests by chance: random parts would only
    /// forbid good ones.
    static let fewExperts = 8

    /// Whether requests of new labels go to the nodes in turn; else those of one label are at home on any one node.
    var spreadsNewLabels = false
    /// 0 or 1 by request.
    private var shares: [FoldLoads]
    /// A number of each request's label; of the request itself where it has none.
    private var labels: [UInt64]
    private var seed: UInt64
    /// The folds, as 1, where labels are as if never seen.
    private var unseen: FoldLoads

    /// Folds that all have all requests.
    init(all training: TrainingSet) {
        shares = [FoldLoads](repeating: FoldLoads(repeating: 1), count: training.requests.count)
        labels = []
        seed = 0
        unseen = .zero
    }

    /// With few requests each fold has all; with few experts each that is not made of labels.
    init(_ training: TrainingSet, seed: UInt64) {
        self.init(all: training)
        let count = training.requests.count
        guard count >= 16 else { return }
        let groups = training.requestsByLabel
        let labelled = groups.count >= 16
        let sharesLabels = groups.count < count
        let hasManyExperts = training.shape.expertCount > Self.fewExperts
        self.seed = seed
        labels = [UInt64](repeating: 0, count: count)
        for (label, requests) in groups.enumerated() { for request in requests { labels[request] = UInt64(label) } }
        var random = SplitMix64(seed: seed)
        for fold in Self.whole..<FoldLoads.scalarCount {
            let byLabel = Self.newLabels[fold] > 0 && labelled
            guard hasManyExperts || byLabel && sharesLabels else { continue }
            for request in 0..<count { shares[request][fold] = 0 }
            if byLabel { unseen[fold] = 1 }
            var left = max(count / 6, 4)
            for group in (byLabel ? groups : (0..<count).map { [$0] }).shuffled(using: &random) where left > 0 {
                for request in group { shares[request][fold] = 1 }
                left -= group.count
            }
        }
    }

    /// Where a request whose home is `home` counts, and in which folds.
    func parts(_ request: Int, home: Int, nodes: Int) -> [(home: Int, share: FoldLoads)] {
        guard nodes > 1, unseen != .zero else { return [(home, shares[request])] }
        var parts = [(home: home, share: shares[request] * (1 - unseen))]
        let elsewhere = shares[request] * unseen
        if spreadsNewLabels, elsewhere != .zero {
            return parts + (0..<nodes).map { (home: $0, share: elsewhere / Float(nodes)) }
        }
        for fold in elsewhere.indices where elsewhere[fold] > 0 {
            var random = SplitMix64(seed: seed &+ labels[request] &* 64 &+ UInt64(fold))
            var share = FoldLoads.zero
            share[fold] = 1
            parts.append((Int(random.next() % UInt64(nodes)), share))
        }
        return parts
    }
}

extension TrainingSet {
    /// Requests of each label, each without one by itself, in an order that depends on labels alone.
    var requestsByLabel: [[Int]] {
        let named = Dictionary(grouping: requests.indices.filter { requests[$0].label != nil }) {
            requests[$0].label ?? ""
        }
        return named.sorted { $0.key < $1.key }.map(\.value)
            + requests.indices.filter { requests[$0].label == nil }.map { [$0] }
    }
}
