/// Which placements are kept.
extension PlacementSearch {
    /// All layers are kept or none; each by itself where nothing binds them together.
    mutating func keepIfBest() {
        if !demand.groups, limit == nil {
            for layer in states.indices { keepIfBest(layer) }
        } else if merit(states) < bestCost {
            bestCost = merit(states)
            bestStates = states
            bestModel = model
        }
        bestLayouts = bestStates.map { $0.layout() }
        bestVisits = bestStates.reduce(0) { $0 + $1.bytes }
    }

    private mutating func keepIfBest(_ layer: Int) {
        let (new, old, cost) = (states[layer], bestStates[layer], Self.cost(demand))
        guard cost(new) < cost(old) - gate(layer) else { return }
        // What is better on average must not be worse where copies share evenly, nor where homes come first.
        if demand.objective == .balance, new.isWorseBalanced(than: old) { return }
        bestStates[layer] = new
    }

    /// What makes one set of layers better than another, lower is better. A hundredth above the limit makes visits count
    /// three times.
    func merit(_ states: [LayerState]) -> Double {
        guard let limit else { return states.reduce(0) { $0 + Self.cost(demand)($1) } }
        let ratio = imbalance(states) / limit
        var excess = ratio.excess(over: .least)
        if judgesWhole { excess = max(ratio.whole, ratio.new * Self.leniency) - 1 }
        // A grouping that sends new labels to the nodes in turn is balanced better on these than one that knows words can be.
        if let peer, peer.groups == nil { excess = max(excess, ratio.new - 1) }
        return states.reduce(0) { $0 + $1.bytes } * (1 + 200 * max(0, excess))
    }

    /// A number as the limit is meant of all requests together; parts of them only lead the search.
    var judgesWhole: Bool { if case .ratio = demand.balanceLimit { true } else { false } }

    /// What is asked of requests with new labels, of which a sixth of the training requests tells little.
    private static let leniency = 0.94

    func imbalance(_ states: [LayerState]) -> Imbalance {
        states.map(\.imbalance).mean
    }

    /// EPLB's layout is given up for balance only where that gains a hundredth, or less but far more than the gain
    /// varies from fold to fold: else it may be chance. Where a device has one copy no layout shares all requests out better
    /// than EPLB's.
    private func gate(_ layer: Int) -> Double {
        guard demand.objective == .balance, bestStates[layer].cells.devices == 1 else { return 0 }
        guard room.slotsPerDevice > 1 else { return .infinity }
        let gains = (bestStates[layer].imbalances - states[layer].imbalances).highHalf
        let deviations = gains - gains.sum() / Float(gains.scalarCount)
        let deviation = (deviations * deviations).sum() / Float(gains.scalarCount)
        return min(0.01 * (ground?.eplb[layer].imbalance.mean ?? 0), 2 * Double(deviation.squareRoot()))
    }
}
