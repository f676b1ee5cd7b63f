import Activations
import Telemetry

/// The experts' loads as Prometheus metrics, computed at each scrape.
///
/// A model may have tens of thousands of experts; a series for each would be a burden for the monitoring rather than
/// a help. Above a limit only the busiest and the idlest experts of each layer are given, half and half.
package struct ExpertMetrics: Sendable {
    /// Series that each metric may have.
    let maxSeries: Int

    package init(maxSeries: Int) { self.maxSeries = maxSeries }

    package func families(_ loads: ExpertLoads) -> [MetricFamily] {
        guard !loads.layers.isEmpty else { return [] }
        let selection = loads.layers.map { selectedExperts($0, layers: loads.layers.count) }
        let isPartial = zip(selection, loads.layers).contains { $0.count < $1.tokens.count }
        let note = isPartial ? " Only the busiest and idlest experts of each layer are exported." : ""
        return [
            MetricFamily(
                name: "guildhall_moe_expert_tokens_total", help: "Tokens that each expert has handled." + note,
                kind: .counter, samples: samples(loads, selection) { layer, expert in Double(layer.tokens[expert]) }),
            MetricFamily(
                name: "guildhall_moe_expert_share",
                help: "Share of its layer's tokens that each expert has handled, from 0 to 1." + note,
                kind: .gauge, samples: samples(loads, selection) { layer, expert in layer.share(of: expert) }),
            MetricFamily(
                name: "guildhall_moe_layer_imbalance",
                help: "Tokens of a layer's busiest expert over the mean of its experts; 1 is even, 0 before any token.",
                kind: .gauge,
                samples: loads.layers.map { layer in
                    MetricSample(labels: [MetricLabel("layer", String(layer.block))], value: layer.imbalance)
                }),
        ]
    }

    /// The experts of one layer that are exported, in order.
    private func selectedExperts(_ layer: ExpertLoads.Layer, layers: Int) -> [Int] {
        let room = max(2, maxSeries / layers)
        guard layer.tokens.count > room else { return Array(layer.tokens.indices) }
        let ranked = layer.tokens.indices.sorted { (layer.tokens[$0], $1) > (layer.tokens[$1], $0) }
        return (ranked.prefix(room / 2) + ranked.suffix(room / 2)).sorted()
    }

    private func samples(
        _ loads: ExpertLoads, _ selection: [[Int]], value: (ExpertLoads.Layer, Int) -> Double
    ) -> [MetricSample] {
        zip(loads.layers, selection).flatMap { layer, experts in
            experts.map { expert in
                MetricSample(
                    labels: [MetricLabel("layer", String(layer.block)), MetricLabel("expert", String(expert))],
                    value: value(layer, expert))
            }
        }
    }
}

extension ExpertLoads.Layer {
    var total: UInt64 { tokens.reduce(0, +) }

    fileprivate func share(of expert: Int) -> Double {
        total == 0 ? 0 : Double(tokens[expert]) / Double(total)
    }

    /// Load of the busiest expert over the mean load: 1 when all are equal, the number of experts when one has all.
    var imbalance: Double {
        guard let busiest = tokens.max(), total > 0 else { return 0 }
        return Double(busiest) * Double(tokens.count) / Double(total)
    }
}
