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
        return survivesNodeLoss ? spread(held) : held
    }

    /// The expert of every copy.
    private func copies() -> [Int] {
        let loads = problem.totals.map { Double($0.mean) }
        let most = problem.room.devices
        guard survivesNodeLoss else { return EPLB.replicate(loads, copies: problem.room.copies, most: most) }
        // Two of each, then as many as the loads ask for.
        let more = EPLB.replicate(
            loads.map { $0 / 2 }, copies: problem.room.copies - problem.experts, most: most - 1)
        return Array(loads.indices) + more
    }

    /// Exchanges copies until every expert is on two nodes; experts that are on one and find no partner stay there.
    private func spread(_ held: [[Int]]) -> [[Int]] {
        var held = held
        for expert in 0..<problem.experts {
            let homes = held.indices.filter { held[$0].contains(expert) }
            guard homes.count == 1, let home = homes.first else { continue }
            for other in held.indices where other != home && !held[other].contains(expert) {
                if held[other].count < problem.room.slotsPerNode {
                    Self.take(expert, from: home, &held)
                    held[other].append(expert)
                    break
                }
                guard let partner = held[other].first(where: { !held[home].contains($0) }) else { continue }
                Self.take(expert, from: home, &held)
                Self.take(partner, from: other, &held)
                held[home].append(partner)
                held[other].append(expert)
                break
            }
        }
        return held
    }

    private static func take(_ expert: Int, from node: Int, _ held: inout [[Int]]) {
        if let place = held[node].firstIndex(of: expert) { held[node].remove(at: place) }
    }
}
