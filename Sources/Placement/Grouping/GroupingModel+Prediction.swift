import Activations

extension GroupingModel {
    /// Predicted cost of each node as home, `[nodes]`, lower is better, and what the prediction rests on.
    public func costs(
        of arrival: GroupAssigner.Arrival, shape: TraceShape
    ) -> (costs: [Double], basis: Basis) {
        var (costs, basis) = costs(ofLabel: arrival.label)
        let width = shape.layerCount * shape.topK
        let tokens = width == 0 ? 0 : arrival.experts.count / width
        guard tokens > 0, signatures.first?.count == shape.layerCount * shape.expertCount else { return (costs, basis) }
        let seen = Double(tokens) / (Double(tokens) + labelStrength)
        let saved = savings(of: arrival.experts, tokens: tokens, shape: shape)
        let mean = saved.reduce(0, +) / Double(nodes)
        for node in costs.indices { costs[node] -= seen * (saved[node] - mean) }
        basis = .activations
        return (costs, basis)
    }

    /// From a label alone.
    func costs(ofLabel label: String?) -> (costs: [Double], basis: Basis) {
        guard let label else { return (cold, .nothing) }
        let features = LabelFeatures.features(of: label)
        let known = features.filter { labels[$0] != nil }
        guard let first = known.first else { return (cold, .nothing) }
        var costs = cold
        for feature in known {
            for (node, cost) in (labels[feature] ?? []).enumerated() { costs[node] += cost }
        }
        return (costs, first == features.first ? .label : .words)
    }

    /// Remote nodes saved per token and layer by each home, `[nodes]`.
    private func savings(
        of experts: ArraySlice<UInt16>, tokens: Int, shape: TraceShape
    ) -> [Double] {
        var totals = [Double](repeating: 0, count: nodes)
        for (index, expert) in experts.prefix(tokens * shape.layerCount * shape.topK).enumerated() {
            guard Int(expert) < shape.expertCount else { continue }
            let layer = index / shape.topK % shape.layerCount
            for node in 0..<nodes { totals[node] += Double(signatures[node][layer * shape.expertCount + Int(expert)]) }
        }
        return totals.map { $0 / Double(tokens * shape.layerCount) }
    }
}
