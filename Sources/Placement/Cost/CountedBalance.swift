import Activations

/// What can be said of plans by counts alone, whoever was chosen together: the devices' loads.
public struct CountedBalance: Sendable {
    private let blocks: [Int]
    private let expertCount: Int
    /// `[layers][experts]`.
    private let loads: [[Double]]

    public init(_ counts: ExpertCounts) {
        (blocks, expertCount) = (counts.blocks, counts.expertCount)
        loads = counts.counts.map { row in row.map { Double($0) } }
    }

    /// Of the tokens of all training requests.
    public init(_ training: TrainingSet) {
        (blocks, expertCount) = (training.shape.blocks, training.shape.expertCount)
        loads = training.shape.blocks.indices.map { training.loads(layer: $0) }
    }

    /// Largest over mean device load, mean of the layers, when all copies of an expert share alike.
    ///
    /// - Throws: where the plan lacks a layer or an expert that was counted.
    public func imbalance(_ plan: PlacementPlan) throws(PlacementError) -> Double {
        guard plan.expertCount >= expertCount else {
            throw PlacementError(
                reason: "\(expertCount) experts a layer were counted, the plan has \(plan.expertCount)")
        }
        var sum = 0.0
        for (block, row) in zip(blocks, loads) {
            guard let layout = plan.layers.first(where: { $0.block == block }) else {
                throw PlacementError(item: "layer \(block)", reason: "was counted and is not in the plan")
            }
            sum += Self.imbalance(layout.devices, loads: row)
        }
        return sum / Double(max(1, blocks.count))
    }

    /// What no plan of so many devices and copies goes below: some device holds a copy of the expert that is busiest by
    /// copy, however copies are dealt out. `EPLB.replicate` makes that load least.
    public func bound(devices: Int, copies: Int) -> Double {
        let sum = loads.reduce(0) { sum, loads in
            let total = loads.reduce(0, +)
            guard total > 0 else { return sum + 1 }
            var shares = [Int](repeating: 0, count: loads.count)
            for expert in EPLB.replicate(loads, copies: copies, most: devices) { shares[expert] += 1 }
            let busiest = zip(loads, shares).map { $0 / Double($1) }.max() ?? 0
            return sum + max(1, busiest * Double(devices) / total)
        }
        return sum / Double(max(1, blocks.count))
    }

    private static func imbalance(_ devices: [[Int]], loads: [Double]) -> Double {
        var copies = [Int](repeating: 0, count: devices.joined().reduce(loads.count) { max($0, $1 + 1) })
        for expert in devices.joined() { copies[expert] += 1 }
        let work = devices.map { held in
            held.reduce(0) { $1 < loads.count ? $0 + loads[$1] / Double(copies[$1]) : $0 }
        }
        let total = work.reduce(0, +)
        return total > 0 ? (work.max() ?? 0) * Double(devices.count) / total : 1
    }
}
