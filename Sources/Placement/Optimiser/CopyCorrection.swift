/// Brings a layer of a running plan to a number of copies, with few of them sent: copies are taken away, which costs
/// nothing, put down, and moved from devices that hold too many.
struct CopyCorrection {
    private var state: LayerState
    private let cost: SearchCost
    private let copies: Int
    private let slots: Int
    private let spreads: Bool
    /// Of the many changes there are, so many with the most promising experts are tried.
    private static let tried = 16

    /// - Parameters:
    ///   - problem: with more room than the devices have, as they are too full for a while.
    ///   - spreads: whether every expert must be on two nodes.
    init(_ problem: LayerProblem, held: [[Int]], cost: SearchCost, copies: Int, slots: Int, spreads: Bool) {
        state = LayerState(problem, cells: .devices(problem.room), held: held)
        self.cost = cost
        self.copies = copies
        self.slots = slots
        self.spreads = spreads
    }

    /// - Returns: the experts of each device; nil where no way was found.
    mutating func run() -> [[Int]]? {
        if spreads {
            for expert in experts where !state.spansNodes(expert) {
                guard make(cheapest(placesElsewhere(expert))) else { return nil }
            }
        }
        while total > copies { guard make(cheapest(removals())) else { return nil } }
        while total < copies { guard make(cheapest(additions())) else { return nil } }
        while let cell = state.held.indices.first(where: { state.held[$0].count > slots }) {
            guard make(cheapest(shifts(from: cell)) ?? detour(from: cell)) else { return nil }
        }
        return state.held.map { $0.map(Int.init) }
    }

    private var experts: [UInt16] { state.counts.indices.map(UInt16.init) }
    private var total: Int { state.counts.reduce(0, +) }

    private mutating func make(_ move: LayerState.Move?) -> Bool {
        guard let move else { return false }
        var trial = state.attempt(move)
        state.balance(move, &trial)
        state.commit(trial)
        return true
    }

    private mutating func cheapest(_ moves: [LayerState.Move]) -> LayerState.Move? {
        var best: (move: LayerState.Move, cost: Double)?
        for move in moves {
            var trial = state.attempt(move)
            // Only what is on two nodes already can lose that; others are yet to be put there.
            let stays = !spreads || move.removed.allSatisfy { state.spansNodes($0.expert) }
            if stays {
                state.balance(move, &trial)
                let cost = cost(bytes: trial.bytes, imbalance: trial.imbalance)
                if cost < best?.cost ?? .infinity { best = (move, cost) }
            }
            state.revert(move)
        }
        return best?.move
    }
}

/// The changes there are.
extension CopyCorrection {
    private func holds(_ cell: Int, _ expert: UInt16) -> Bool { state.held[cell].contains(expert) }
    private func isFull(_ cell: Int) -> Bool { state.held[cell].count >= slots }
    private func node(_ cell: Int) -> Int { Int(state.cells.node(UInt16(cell))) }

    /// Of every node the least loaded of these cells.
    private func onePerNode(_ cells: [Int]) -> [Int] {
        var best: [Int: Int] = [:]
        for cell in cells {
            if let other = best[node(cell)], state.load(ofCell: other) <= state.load(ofCell: cell) { continue }
            best[node(cell)] = cell
        }
        return best.values.sorted()
    }

    /// An expert that is on one node alone is put on another, on a device with room where there is one, else where
    /// something else can be taken away.
    private func placesElsewhere(_ expert: UInt16) -> [LayerState.Move] {
        let home = state.node(ofCopy: 0, of: expert)
        let others = state.held.indices.filter { node($0) != home }
        let choices = [
            others.filter { !isFull($0) },
            others.filter { cell in state.held[cell].contains { isSpare($0, at: cell) } }, others,
        ]
        let cells = choices.first { !$0.isEmpty } ?? []
        return onePerNode(cells).map { LayerState.Move(removed: [], added: [(expert, $0)]) }
    }

    /// Whether an expert can do without its copy there.
    private func isSpare(_ expert: UInt16, at cell: Int) -> Bool {
        let others = state.cells(of: expert).filter { $0 != cell }
        return spreads ? Set(others.map(node)).count > 1 : !others.isEmpty
    }

    /// Copies to take away: from devices that hold too many where that is possible.
    private func removals() -> [LayerState.Move] {
        var spare: [(expert: UInt16, cell: Int)] = []
        for cell in state.held.indices {
            spare += state.held[cell].filter { isSpare($0, at: cell) }.map { ($0, cell) }
        }
        let crowded = spare.filter { state.held[$0.cell].count > slots }
        let harm = { (expert: UInt16) in
            let count = Float(state.counts[Int(expert)])
            return state.problem.totals[Int(expert)].mean / (count * (count - 1))
        }
        let sorted = (crowded.isEmpty ? spare : crowded)
            .sorted { (harm($0.expert), $0.expert, $0.cell) < (harm($1.expert), $1.expert, $1.cell) }
        return sorted.prefix(2 * Self.tried).map { LayerState.Move(removed: [$0], added: []) }
    }

    /// Copies to put down where there is room, of the experts with most load to a copy.
    private func additions() -> [LayerState.Move] {
        let open = state.held.indices.filter { !isFull($0) }
        let load = { (expert: UInt16) in
            state.problem.totals[Int(expert)].mean / Float(state.counts[Int(expert)])
        }
        var moves: [LayerState.Move] = []
        var tried = 0
        for expert in experts.sorted(by: { (load($1), $0) < (load($0), $1) }) where tried < Self.tried {
            let cells = onePerNode(open.filter { !holds($0, expert) })
            moves += cells.map { LayerState.Move(removed: [], added: [(expert, $0)]) }
            tried += cells.isEmpty ? 0 : 1
        }
        // Where the few with room have all of them, another is too full for a while.
        return moves.isEmpty ? crowdedAdditions() : moves
    }

    private func crowdedAdditions() -> [LayerState.Move] {
        for expert in experts {
            let cells = state.held.indices.filter { !holds($0, expert) }
            if !cells.isEmpty { return onePerNode(cells).map { LayerState.Move(removed: [], added: [(expert, $0)]) } }
        }
        return []
    }

    /// Copies of a device that holds too many, moved to where there is room.
    private func shifts(from cell: Int) -> [LayerState.Move] {
        let open = state.held.indices.filter { !isFull($0) }
        return state.held[cell].flatMap { expert in
            onePerNode(open.filter { !holds($0, expert) })
                .map { LayerState.Move(removed: [(expert, cell)], added: [(expert, $0)]) }
        }
    }

    /// The same where no copy may go there at once: one goes to a full device, and one of that to where there is room.
    private mutating func detour(from cell: Int) -> LayerState.Move? {
        let open = state.held.indices.filter { !isFull($0) }
        for middle in state.held.indices where middle != cell && isFull(middle) {
            for first in state.held[cell] where !holds(middle, first) {
                for second in state.held[middle] {
                    let moves = open.filter { !holds($0, second) && $0 != middle }.map {
                        LayerState.Move(
                            removed: [(first, cell), (second, middle)], added: [(first, middle), (second, $0)])
                    }
                    if let move = cheapest(moves) { return move }
                }
            }
        }
        return nil
    }
}
