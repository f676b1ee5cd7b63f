/// Where a layer's search starts: copies as EPLB would make them, each on the node whose requests use it most.
struct InitialCells {
    let problem: LayerProblem
    let survivesNodeLoss: Bool

    /// Experts of the copies on each node.
    func byAffinity() -> [[Int]] {
        let room = problem.room
        var held = [[Int]](repeating: [], count: room.nodes)
        let places = min(room.slotsPerNode, (room.copies + room.nodes - 1) / room.nodes)
        let copies = copies()
        // Those with the clearest preference first.
        let affinity = (0..<problem.experts).map { expert in
            (0..<room.nodes).map { problem.loads[$0 * problem.experts + expert].mean }
        }
        let regret = affinity.map { row -> Float in
            let sorted = row.sorted(by: >)
            return sorted.count > 1 ? sorted[0] - sorted[1] : 0
        }
        for expert in copies.sorted(by: { (regret[$1], $0) < (regret[$0], $1) }) {
            let open = held.indices.filter { held[$0].count < places }
            let fresh = open.filter { !held[$0].contains(expert) }
            let node = (fresh.isEmpty ? open : fresh).max { affinity[expert][$0] < affinity[expert][$1] }
            held[node ?? 0].append(expert)
        }
        return held
    }

    /// The expert of every copy.
    private func copies() -> [Int] {
        let loads = problem.totals.map { Double($0.mean) }
        guard survivesNodeLoss else { return EPLB.replicate(loads, copies: problem.room.copies) }
        // Two of each, then as many as the loads ask for.
        let more = EPLB.replicate(loads.map { $0 / 2 }, copies: problem.room.copies - problem.experts)
        return Array(loads.indices) + more
    }
}
