/// A placement of one layer's copies on nodes, with what it costs.
///
/// Copies are put into cells. A cell is a node, whose devices `NodePacking` fills (so that a search has only to choose
/// nodes), or a single device (where copies must stay on their devices).
struct LayerState: Sendable {
    let problem: LayerProblem
    let cells: Cells
    /// Cells of each expert's copies, ascending, with repetition where one has several: `copies[e * most + i]`.
    private var copies: [UInt16]
    /// Copies of each expert.
    private(set) var counts: [Int]
    /// Experts of the copies in each cell, in no order.
    private(set) var held: [[UInt16]]
    /// The most copies an expert can have.
    private let most: Int
    /// Visits of each sampled token to other nodes.
    private var visits: [UInt8]
    /// Visits per token.
    private(set) var bytes: Double = 0
    /// Busiest device of each cell, fold by fold; infinite where a cell cannot hold its copies.
    private var peaks: [FoldLoads]
    private(set) var imbalance = Imbalance.zero
    /// The last token that `countVisits` found at each node, and at none.
    private var stamps: [UInt32]
    private var stamp: UInt32 = 0

    /// - Parameter held: for each cell, the experts of its copies.
    init(_ problem: LayerProblem, cells: Cells, held experts: [[Int]]) {
        self.problem = problem
        self.cells = cells
        most = max(1, problem.room.copies - problem.experts + 1)
        copies = [UInt16](repeating: 0, count: problem.experts * most)
        counts = [Int](repeating: 0, count: problem.experts)
        held = experts.map { _ in [] }
        visits = [UInt8](repeating: 0, count: problem.homes.count)
        peaks = [FoldLoads](repeating: .zero, count: experts.count)
        stamps = [UInt32](repeating: 0, count: problem.room.nodes + 1)
        for (cell, experts) in experts.enumerated() {
            for expert in experts { add(UInt16(expert), to: cell) }
        }
        for token in problem.homes.indices {
            visits[token] = countVisits(token)
            bytes += Double(visits[token]) * Double(problem.weights[token])
        }
        for cell in peaks.indices { peaks[cell] = peak(cell) }
        imbalance = imbalance(peaks)
    }

    /// The same placement by other tokens, homes or folds.
    func judged(by problem: LayerProblem) -> LayerState {
        LayerState(problem, cells: cells, held: held.map { $0.map(Int.init) })
    }

    /// How the devices are grouped into cells.
    struct Cells: Sendable {
        /// Cells of a node: 1, or as many as it has devices.
        let perNode: UInt16
        /// Devices of a cell.
        let devices: Int

        func node(_ cell: UInt16) -> UInt16 { perNode == 1 ? cell : cell / perNode }

        static func nodes(_ room: LayerProblem.Room) -> Cells { Cells(perNode: 1, devices: room.devicesPerNode) }
        static func devices(_ room: LayerProblem.Room) -> Cells {
            Cells(perNode: UInt16(room.devicesPerNode), devices: 1)
        }
    }

    /// A change of a few copies: those to take away and those to put down.
    struct Move {
        typealias Copy = (expert: UInt16, cell: Int)
        var removed: [Copy]
        var added: [Copy]

        var reversed: Move { Move(removed: added, added: removed) }
        var experts: [UInt16] {
            let all = (removed + added).map(\.expert)
            return all.enumerated().filter { all.firstIndex(of: $0.element) == $0.offset }.map(\.element)
        }
    }

    /// Largest over mean device load, fold by fold.
    var imbalances: FoldLoads {
        peaks.reduce(FoldLoads.zero) { $0.larger($1) } * Float(problem.room.devices)
    }

    /// Mean over the folds of its busiest device.
    func load(ofCell cell: Int) -> Float { peaks[cell].mean }

    /// Whether the busiest devices are busier than `other`'s in the first half of the folds or in the second.
    func isWorseBalanced(than other: LayerState) -> Bool {
        let (mine, others) = (imbalances, other.imbalances)
        return mine.lowHalf.sum() > others.lowHalf.sum() || mine.highHalf.sum() > others.highHalf.sum()
    }

    /// What a move would make of the costs.
    struct Trial {
        fileprivate var visits: [(token: Int32, visits: UInt8)]
        fileprivate var peaks: [(cell: Int, peak: FoldLoads)] = []
        var bytes: Double
        var imbalance: Imbalance
    }

    /// Makes the move and says what it does to `bytes`; `commit` or `revert` must follow.
    mutating func attempt(_ move: Move) -> Trial {
        apply(move)
        var trial = Trial(visits: [], bytes: bytes, imbalance: imbalance)
        let experts = move.experts
        for (index, expert) in experts.enumerated() {
            for token in problem.tokens(of: Int(expert)) where index == 0 || !chooses(token, among: experts[..<index]) {
                let now = countVisits(Int(token))
                let before = visits[Int(token)]
                guard now != before else { continue }
                trial.visits.append((token, now))
                trial.bytes += (Double(now) - Double(before)) * Double(problem.weights[Int(token)])
            }
        }
        return trial
    }

    /// Adds to `trial` what the move does to the devices' loads.
    func balance(_ move: Move, _ trial: inout Trial) {
        var touched = Set(move.removed.map(\.cell)).union(move.added.map(\.cell))
        for expert in move.experts { touched.formUnion(cells(of: expert)) }
        var peaks = peaks
        for cell in touched.sorted() {
            peaks[cell] = peak(cell)
            trial.peaks.append((cell, peaks[cell]))
        }
        trial.imbalance = imbalance(peaks)
    }

    mutating func commit(_ trial: Trial) {
        for change in trial.visits { visits[Int(change.token)] = change.visits }
        for change in trial.peaks { peaks[change.cell] = change.peak }
        bytes = trial.bytes
        imbalance = trial.imbalance
    }

    mutating func revert(_ move: Move) { apply(move.reversed) }
}

extension LayerState {
    func node(ofCopy copy: Int, of expert: UInt16) -> Int { Int(cells.node(copies[Int(expert) * most + copy])) }

    func cells(of expert: UInt16) -> [Int] {
        let base = Int(expert) * most
        return (0..<counts[Int(expert)]).map { Int(copies[base + $0]) }
    }

    /// Whether the loss of any one node leaves a copy.
    func spansNodes(_ expert: UInt16) -> Bool {
        let base = Int(expert) * most
        let first = cells.node(copies[base])
        return (1..<max(1, counts[Int(expert)])).contains { cells.node(copies[base + $0]) != first }
    }

    /// Nodes, beyond one, that an expert's copies lie on.
    func dispersal(_ expert: UInt16) -> Int {
        let base = Int(expert) * most
        return (1..<max(1, counts[Int(expert)])).count {
            cells.node(copies[base + $0]) != cells.node(copies[base + $0 - 1])
        }
    }

    var survivesNodeLoss: Bool { counts.indices.allSatisfy { spansNodes(UInt16($0)) } }

    /// Experts of the copies on each node.
    func heldByNode() -> [[Int]] {
        var result = [[Int]](repeating: [], count: problem.room.nodes)
        for (cell, experts) in held.enumerated() {
            result[Int(cells.node(UInt16(cell)))] += experts.map(Int.init)
        }
        return result
    }

    /// The devices of all nodes.
    func layout() -> [[Int]] {
        held.indices.flatMap { cell in
            packing(cell)?.devices ?? [[Int]](repeating: [], count: cells.devices)
        }
    }

    private mutating func apply(_ move: Move) {
        for copy in move.removed { remove(copy.expert, from: copy.cell) }
        for copy in move.added { add(copy.expert, to: copy.cell) }
    }

    /// Keeps an expert's cells in ascending order, so that undoing a change leaves no trace.
    private mutating func add(_ expert: UInt16, to cell: Int) {
        let base = Int(expert) * most
        var index = counts[Int(expert)]
        while index > 0, copies[base + index - 1] > UInt16(cell) {
            copies[base + index] = copies[base + index - 1]
            index -= 1
        }
        copies[base + index] = UInt16(cell)
        counts[Int(expert)] += 1
        held[cell].append(expert)
    }

    private mutating func remove(_ expert: UInt16, from cell: Int) {
        let base = Int(expert) * most
        let count = counts[Int(expert)]
        guard let index = (0..<count).first(where: { copies[base + $0] == UInt16(cell) }),
            let place = held[cell].lastIndex(of: expert)
        else { preconditionFailure("cell \(cell) has no copy of expert \(expert)") }
        for later in index + 1..<max(count, index + 1) { copies[base + later - 1] = copies[base + later] }
        counts[Int(expert)] -= 1
        held[cell].remove(at: place)
    }

    private func chooses(_ token: Int32, among experts: ArraySlice<UInt16>) -> Bool {
        let first = Int(token) * problem.topK
        return (first..<first + problem.topK).contains { experts.contains(problem.choices[$0]) }
    }

    /// Nodes other than its home that a token visits. A copy at home computes; else one of the copies, drawn by a hash.
    private mutating func countVisits(_ token: Int) -> UInt8 { countVisits(token, home: problem.homes[token]) }

    /// The same from another home; the number of nodes is a home that holds nothing.
    mutating func countVisits(_ token: Int, home: UInt16) -> UInt8 {
        stamp &+= 1
        stamps[Int(home)] = stamp
        let hash = Int((UInt32(truncatingIfNeeded: token) &* 2_654_435_761) >> 16)
        let first = token * problem.topK
        var visits: UInt8 = 0
        for index in first..<first + problem.topK {
            let expert = Int(problem.choices[index])
            guard expert < problem.experts else { continue }
            let base = expert * most
            let count = counts[expert]
            var node = cells.node(copies[base])
            if count > 1 {
                guard !(base..<base + count).contains(where: { cells.node(copies[$0]) == home }) else { continue }
                node = cells.node(copies[base + (hash + index * 7) % count])
            }
            if stamps[Int(node)] != stamp {
                stamps[Int(node)] = stamp
                visits += 1
            }
        }
        return visits
    }

    private func imbalance(_ peaks: [FoldLoads]) -> Imbalance {
        Imbalance(peaks.reduce(FoldLoads.zero) { $0.larger($1) } * Float(problem.room.devices))
    }

    private func peak(_ cell: Int) -> FoldLoads { packing(cell)?.peak ?? FoldLoads(repeating: .infinity) }

    private func packing(_ cell: Int) -> NodePacking? {
        let node = Int(cells.node(UInt16(cell)))
        return NodePacking(
            held[cell].map {
                NodePacking.Copy(expert: Int($0), load: load(Int($0), node: node), mark: mark(Int($0)))
            }, devices: cells.devices, slots: problem.room.slotsPerDevice, trusted: problem.trusted)
    }

    private func mark(_ expert: Int) -> UInt64 {
        guard let trusted = problem.trusted else { return 0 }
        // An odd number makes the fingerprint of a device one that is not known.
        let known = trusted.knows(expert, copies: counts[expert], onOneNode: dispersal(UInt16(expert)) == 0)
        return known ? trusted.mark(expert) : 0x9E37_79B9_7F4A_7C15
    }

    /// Load of one of an expert's copies on a node.
    private func load(_ expert: Int, node: Int) -> FoldLoads {
        let count = counts[expert]
        guard count > 1 else { return problem.totals[expert] }
        var remote = problem.totals[expert]
        var here: Float = 0
        var last = -1
        for index in expert * most..<expert * most + count {
            let holder = Int(cells.node(copies[index]))
            if holder == node { here += 1 }
            if holder != last { remote -= problem.loads[holder * problem.experts + expert] }
            last = holder
        }
        return remote / Float(count) + problem.loads[node * problem.experts + expert] / here
    }
}
