import Placement

/// What a plan makes of the requests it was made for.
struct Measure {
    /// Largest over mean device load where an expert's copies share its load evenly, mean of the layers.
    let imbalance: Double
    /// What no placement of so many copies goes below: the busiest device has at least a copy of the expert whose copies
    /// are busiest, and EPLB's replication makes that as little as can be.
    let least: Double

    init(_ plan: PlacementPlan, _ training: TrainingSet) {
        var (sum, bound) = (0.0, 0.0)
        for (layer, layout) in plan.layers.enumerated() {
            let loads = training.loads(layer: layer)
            var copies = [Double](repeating: 0, count: loads.count)
            for expert in layout.devices.joined() { copies[expert] += 1 }
            let devices = Double(layout.devices.count)
            let work = layout.devices.map { $0.reduce(0) { $0 + loads[$1] / copies[$1] } }
            let mean = loads.reduce(0, +) / devices
            sum += (work.max() ?? 0) / mean
            var counts = [Double](repeating: 0, count: loads.count)
            for expert in EPLB.replicate(loads, copies: Int(copies.reduce(0, +)), most: layout.devices.count) {
                counts[expert] += 1
            }
            bound += max(1, (loads.indices.map { loads[$0] / counts[$0] }.max() ?? 0) / mean)
        }
        imbalance = sum / Double(max(1, plan.layers.count))
        least = bound / Double(max(1, plan.layers.count))
    }
}
