import Activations
import Foundation
import Placement

/// A way to make a plan.
enum Contender: Hashable {
    case baseline(Baseline)
    /// Fewest bytes at EPLB's balance.
    case ours
    /// Fewest bytes at 1.06 times EPLB's imbalance.
    case oursAsNumber
    /// Fewest bytes at the published grouping's balance.
    case oursAsPublished
    /// Best balance.
    case oursBalance

    static let all: [Contender] =
        Baseline.allCases.map { .baseline($0) } + [.ours, .oursAsNumber, .oursAsPublished, .oursBalance]

    var name: String {
        switch self {
        case .baseline(let baseline): baseline.rawValue
        case .ours: "ours"
        case .oursAsNumber: "ours, 1.06 × EPLB's imbalance"
        case .oursAsPublished: "ours, balance as published"
        case .oursBalance: "ours, objective balance"
        }
    }

    func plan(_ training: TrainingSet, _ size: (nodes: Int, redundant: Int), turns: Int) throws
        -> PlacementPlan
    {
        var demand = PlacementDemand(nodes: size.nodes, devicesPerNode: 8, redundant: size.redundant)
        switch self {
        case .baseline(let baseline): return try baseline.plan(training, demand)
        case .ours: break
        case .oursAsNumber:
            demand.balanceLimit = .ratio(
                Self.slack * (try CountedBalance(training).imbalance(Baseline.eplb.plan(training, demand))))
        case .oursAsPublished:
            demand.balanceLimit = .published
        case .oursBalance:
            demand.objective = .balance
            demand.groups = false
        }
        return try LimitLadder.plan(training, demand, turns: turns, until: .unlimited)
    }

    private static let slack = 1.06
}
