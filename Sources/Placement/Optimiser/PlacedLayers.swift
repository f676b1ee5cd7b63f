/// All layers as a turn left them.
struct PlacedLayers: Sendable {
    var states: [LayerState]
    /// Whether a layer's devices are EPLB's, so that they are loaded as EPLB's whatever comes.
    var exact: [Bool]

    init(states: [LayerState], exact: [Bool]) {
        self.states = states
        self.exact = exact
    }

    /// Of each layer what costs less, counting that the balance of freely placed copies slips on unseen requests.
    init(choosingFrom free: [LayerState], or whole: [LayerState]?, cost: SearchCost, slip: Double) {
        states = free
        exact = free.map { _ in false }
        for (layer, state) in (whole ?? []).enumerated() where state.dispersal == 0 {
            let other = cost(bytes: free[layer].bytes, imbalance: free[layer].imbalance * slip)
            guard cost(state) < other else { continue }
            states[layer] = state
            exact[layer] = true
        }
    }

    /// Visits per token, summed over the layers.
    var bytes: Double { states.reduce(0) { $0 + $1.bytes } }

    /// Mean of the layers, raised by `slip` where devices are not EPLB's.
    func imbalance(slip: Double) -> Double {
        zip(states, exact).reduce(0) { $0 + $1.0.imbalance * ($1.1 ? 1 : slip) } / Double(max(1, states.count))
    }
}
