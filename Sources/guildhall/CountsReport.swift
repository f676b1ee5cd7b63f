import Activations
import Foundation
import Placement

/// How equally plans load the devices, next to others, by counts alone.
struct CountsReport {
    let counts: ExpertCounts
    let training: TrainingSet
    let demand: PlacementDemand

    func text(ours: PlacementPlan, old: PlacementPlan?) throws -> String {
        let balance = CountedBalance(counts)
        var plans = try [Baseline.linear, .roundRobin, .eplb].map { ($0.rawValue, try $0.plan(training, demand)) }
        if let old { plans.append(("before", old)) }
        plans.append(("this plan", ours))
        var lines = ["plan           imbalance"]
        for (name, plan) in plans { lines.append(line(name, try balance.imbalance(plan))) }
        let bound = balance.bound(
            devices: demand.nodes * demand.devicesPerNode, copies: counts.expertCount + demand.redundant)
        lines.append(line("no plan below", bound))
        if let old { lines.append("moved copies: \(ours.moves(from: old))") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ name: String, _ imbalance: Double) -> String {
        name.padding(toLength: 15, withPad: " ", startingAt: 0) + String(format: "%9.3f", imbalance)
    }
}
