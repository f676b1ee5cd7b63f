import Foundation
import Randomness

/// What a layer's search makes small.
struct SearchCost: Sendable {
    /// Worth of a visit per token.
    var bytes: Double
    /// Worth of 1 more in largest over mean device load.
    var imbalance: Double
    /// Largest over mean device load that costs nothing; nil where all of it does.
    var allowed: Imbalance?

    /// Infinite where copies do not fit the devices, whatever imbalance is worth.
    func callAsFunction(bytes visits: Double, imbalance ratio: Imbalance) -> Double {
        guard ratio.mean.isFinite else { return .infinity }
        guard let allowed else { return bytes * visits + imbalance * ratio.mean }
        return bytes * visits + imbalance * ratio.excess(over: allowed)
    }

    func callAsFunction(_ state: LayerState) -> Double { self(bytes: state.bytes, imbalance: state.imbalance) }
}

/// Simulated annealing over the nodes of one layer's copies: swap two, shift one into a free slot, or give a second copy
/// to another expert. The best state seen is kept.
struct LayerSearch: Sendable {
    private(set) var best: LayerState
    private var state: LayerState
    private let cost: SearchCost
    private let rule: Rule
    private var random: SplitMix64
    private var current: Double
    private(set) var bestCost: Double

    /// What moves must heed.
    enum Rule: Sendable {
        case none
        /// Every expert must stay on two nodes.
        case spread
        /// What is together on a device stays together: only whole devices change places.
        case wholeDevices
        /// The same, and copies of an expert come to be on one node, where they share its load evenly whatever the homes.
        case evenDevices

        var keepsDevices: Bool { self == .wholeDevices || self == .evenDevices }
    }

    /// Visits that it is worth under `evenDevices` to have the copies of an expert on one node fewer.
    private static let dispersalPrice = 0.2

    /// - Parameter state: with cells of single devices where the rule keeps devices.
    init(_ state: LayerState, cost: SearchCost, rule: Rule = .none, seed: UInt64) {
        self.state = state
        self.cost = cost
        self.rule = rule
        best = state
        random = SplitMix64(seed: seed)
        (current, bestCost) = (0, 0)
        current = cost(state) + apart
        bestCost = current
    }

    /// - Parameters:
    ///   - steps: moves to try.
    ///   - temperature: rise of the cost that is accepted with probability 1/e at the start; falls to 0 with the steps
    ///     or with the time, whichever ends first.
    mutating func run(steps: Int, temperature: Double, until time: SearchTime) {
        guard state.held.count > 1 else { return }
        var passed = 0.0
        for step in 0..<steps {
            if step & 15 == 0 { passed = time.passed }
            if passed >= 1 { break }
            let heat = temperature * (1 - max(passed, Double(step) / Double(steps)))
            guard let move = proposal() else { continue }
            consider(move, allowance: heat > 0 ? -heat * log(max(random.nextUnit(), 1e-12)) : 0)
        }
        state = best
        current = bestCost
    }

    /// Makes the move, of so many random ones, that gains most for each copy it puts down.
    ///
    /// - Returns: false where none gains anything.
    mutating func step(candidates: Int) -> Bool {
        var chosen: (move: LayerState.Move, rate: Double)?
        for _ in 0..<candidates {
            guard let move = proposal() else { continue }
            var trial = state.attempt(move)
            if rule != .spread || move.experts.allSatisfy(state.spansNodes) {
                state.balance(move, &trial)
                let rate = (current - cost(bytes: trial.bytes, imbalance: trial.imbalance)) / Double(move.added.count)
                if rate > (chosen?.rate ?? 1e-7) { chosen = (move, rate) }
            }
            state.revert(move)
        }
        guard let chosen else { return false }
        consider(chosen.move, allowance: 0)
        return true
    }

    /// What copies on several nodes cost beside visits and loads.
    private var apart: Double {
        guard rule == .evenDevices else { return 0 }
        let nodes = state.counts.indices.reduce(0) { $0 + state.dispersal(UInt16($1)) }
        return Self.dispersalPrice * Double(nodes)
    }

    private var problem: LayerProblem { state.problem }
    private var slotsPerCell: Int { state.cells.devices * problem.room.slotsPerDevice }

    private mutating func consider(_ move: LayerState.Move, allowance: Double) {
        var trial = state.attempt(move)
        let ceiling = current + allowance - apart
        guard rule != .spread || move.experts.allSatisfy(state.spansNodes) else { return state.revert(move) }
        // Loads are dearer to find out than visits, and cannot save a move whose visits alone are too many.
        guard cost(bytes: trial.bytes, imbalance: .least) <= ceiling + 1e-12 else { return state.revert(move) }
        state.balance(move, &trial)
        let after = cost(bytes: trial.bytes, imbalance: trial.imbalance)
        guard after <= ceiling, after.isFinite else { return state.revert(move) }
        state.commit(trial)
        current = after + apart
        if current < bestCost - 1e-9 {
            best = state
            bestCost = current
        }
    }

    private mutating func proposal() -> LayerState.Move? {
        if rule.keepsDevices { return exchange() }
        let extra = problem.room.copies > problem.experts
        let free = state.held.count * slotsPerCell > problem.room.copies
        switch random.next() % 4 {
        case 0 where extra: return random.next() & 1 == 0 ? replacement() : gathering()
        case 1 where free: return shift()
        default: return swap()
        }
    }

    private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(max(1, bound))) }

    private mutating func copy() -> LayerState.Move.Copy? {
        let cell = below(state.held.count)
        let held = state.held[cell]
        return held.isEmpty ? nil : (held[below(held.count)], cell)
    }

    private mutating func swap() -> LayerState.Move? {
        guard let first = copy(), let second = copy(), first.cell != second.cell, first.expert != second.expert else {
            return nil
        }
        return LayerState.Move(
            removed: [first, second], added: [(first.expert, second.cell), (second.expert, first.cell)])
    }

    private mutating func exchange() -> LayerState.Move? {
        let (first, second) = (below(state.held.count), below(state.held.count))
        guard state.cells.node(UInt16(first)) != state.cells.node(UInt16(second)) else { return nil }
        let (here, there) = (state.held[first], state.held[second])
        return LayerState.Move(
            removed: here.map { ($0, first) } + there.map { ($0, second) },
            added: here.map { ($0, second) } + there.map { ($0, first) })
    }

    /// A copy moves to the node of another of the same expert: copies together share evenly whatever the homes.
    private mutating func gathering() -> LayerState.Move? {
        guard let copy = copy(), state.counts[Int(copy.expert)] > 1 else { return nil }
        let node = state.node(ofCopy: below(state.counts[Int(copy.expert)]), of: copy.expert)
        let cell = node * Int(state.cells.perNode) + below(Int(state.cells.perNode))
        guard cell != copy.cell else { return nil }
        if state.held[cell].count < slotsPerCell {
            return LayerState.Move(removed: [copy], added: [(copy.expert, cell)])
        }
        let other = state.held[cell][below(state.held[cell].count)]
        guard other != copy.expert else { return nil }
        return LayerState.Move(removed: [copy, (other, cell)], added: [(copy.expert, cell), (other, copy.cell)])
    }

    private mutating func shift() -> LayerState.Move? {
        let cell = below(state.held.count)
        guard state.held[cell].count < slotsPerCell, let copy = copy(), copy.cell != cell else {
            return nil
        }
        return LayerState.Move(removed: [copy], added: [(copy.expert, cell)])
    }

    private mutating func replacement() -> LayerState.Move? {
        guard let old = copy(), state.counts[Int(old.expert)] > 1 else { return nil }
        let expert = UInt16(below(problem.experts))
        let other = below(state.held.count)
        let cell = state.held[other].count < slotsPerCell ? other : old.cell
        guard expert != old.expert else { return nil }
        return LayerState.Move(removed: [old], added: [(expert, cell)])
    }
}
