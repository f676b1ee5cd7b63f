import Foundation

/// Which of a layer's placements a turn takes.
extension PlacementSearch {
    /// What the last turn found for each layer: with any devices, then with EPLB's as they are.
    var candidates: [[LayerState]] { zip(free, kept).map { [$0] + $1 } }

    /// The cheapest of each layer, each by what it is allowed.
    func cheapest(_ candidates: [[LayerState]]) -> [LayerState] {
        candidates.enumerated().compactMap { layer, states in
            states.min { cost(layer)($0) < cost(layer)($1) }
        }
    }

    /// Those of all layers together that are best by `merit`, of the choices that one price of imbalance makes in every
    /// layer: a layer that gives up few visits for balance then does so for one that would give up many.
    func bestTogether(_ candidates: [[LayerState]]) -> [LayerState] {
        var best = cheapest(candidates)
        guard limit != nil, candidates.contains(where: { $0.count > 1 }) else { return best }
        for price in Self.prices {
            let priced = SearchCost(bytes: 1, imbalance: price)
            let chosen = candidates.compactMap { $0.min { priced($0) < priced($1) } }
            if merit(chosen) < merit(best) { best = chosen }
        }
        return best
    }

    /// Visits for 1 more in imbalance: from where it hardly matters to where nothing else does.
    private static let prices = [0] + (0...40).map { 0.05 * pow(1.28, Double($0)) }
}
