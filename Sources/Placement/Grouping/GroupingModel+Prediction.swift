import Activations

extension GroupingModel {
    /// Predicted cost of each node as home, `[nodes]`, lower is better, and what the prediction rests on.
    public func costs(of arrival: GroupAssigner.Arrival, shape: TraceShape) -> (costs: [Double], basis: Basis) {
        let (added, basis) = labelCosts(arrival.label)
        var costs = zip(prices, cold).map { $0 + $1 }
        guard let signatures, let saved = savings(of: arrival.experts, shape: shape) else {
            for node in costs.indices { costs[node] += added[node] }
            return (costs, basis)
        }
        for node in costs.indices {
            costs[node] += signatures.labelWeight * added[node]
            costs[node] -= signatures.weight * (saved[node] - signatures.mean[node])
        }
        return (costs, .activations)
    }

    /// What a label adds to the costs of each node, `[nodes]`.
    func labelCosts(_ label: String?) -> (added: [Double], basis: Basis) {
        var added = [Double](repeating: 0, count: nodes)
        let features = label.map(LabelFeatures.features) ?? []
        let known = features.filter { labels[$0] != nil }
        guard let first = known.first else { return (added, .nothing) }
        for feature in known {
            for (node, cost) in (labels[feature] ?? []).enumerated() { added[node] += cost }
        }
        return (added, first == features.first ? .label : .words)
    }

    /// Visits saved per token and layer by each home for these tokens, `[nodes]`; nil where there are no tokens or
    /// they are of another model.
    func savings(of experts: ArraySlice<UInt16>, shape: TraceShape) -> [Double]? {
        let tokens = shape.idsPerToken == 0 ? 0 : experts.count / shape.idsPerToken
        guard let signatures, tokens > 0, signatures.savings.first?.count == shape.layerCount * shape.expertCount
        else { return nil }
        var totals = [Double](repeating: 0, count: nodes)
        for (index, expert) in experts.prefix(tokens * shape.idsPerToken).enumerated() {
            guard Int(expert) < shape.expertCount else { continue }
            let layer = index / shape.topK % shape.layerCount
            let entry = layer * shape.expertCount + Int(expert)
            for node in 0..<nodes { totals[node] += Double(signatures.savings[node][entry]) }
        }
        return totals.map { $0 / Double(tokens * shape.layerCount) }
    }
}
