/// What each node would cost as home, from one layer or several.
struct HomeCosts: Sendable {
    /// Visits summed over sampled tokens and layers, weighted, `[requests * nodes]`.
    var visits: [Double]
    /// By layer: visits saved by a home per use of an expert, `[nodes * experts]`.
    var savings: [[Float]]
}

extension LayerState {
    /// - Parameters:
    ///   - requests: of each token of the problem, which must not have been merged.
    ///   - savings: whether these are wanted; else they are left empty.
    mutating func homeCosts(requests: [Int32], count: Int, savings: Bool) -> HomeCosts {
        let nodes = problem.room.nodes
        var result = HomeCosts(visits: [Double](repeating: 0, count: count * nodes), savings: [])
        var saved = [Float](repeating: 0, count: nodes * problem.experts)
        var uses = [Float](repeating: 0, count: problem.experts)
        for token in requests.indices {
            let visits = visitsByHome(token)
            let first = Int(requests[token]) * nodes
            for node in 0..<nodes { result.visits[first + node] += Double(visits[node]) }
            guard savings else { continue }
            let most = visits.max() ?? 0
            for node in 0..<nodes where visits[node] < most {
                credit(token, node, Float(most - visits[node]), &saved)
            }
            for expert in choices(token) { uses[expert] += 1 }
        }
        guard savings else { return result }
        result.savings = [saved.enumerated().map { $0.element / max(1, uses[$0.offset % problem.experts]) }]
        return result
    }

    /// Visits of a token from each node. All nodes that hold none of its experts are alike.
    private mutating func visitsByHome(_ token: Int) -> [UInt8] {
        let nodes = problem.room.nodes
        let elsewhere = countVisits(token, home: UInt16(nodes))
        var visits = [UInt8](repeating: elsewhere, count: nodes)
        var isKnown = [Bool](repeating: false, count: nodes)
        for index in token * problem.topK..<(token + 1) * problem.topK where problem.choices[index] < problem.experts {
            for copy in 0..<counts[Int(problem.choices[index])] {
                let node = node(ofCopy: copy, of: problem.choices[index])
                guard !isKnown[node] else { continue }
                isKnown[node] = true
                visits[node] = countVisits(token, home: UInt16(node))
            }
        }
        return visits
    }

    /// Shares what a home saves a token among its experts there.
    private func credit(_ token: Int, _ node: Int, _ visits: Float, _ saved: inout [Float]) {
        let here = choices(token).filter { cells(of: UInt16($0)).contains { cells.node(UInt16($0)) == node } }
        for expert in here { saved[node * problem.experts + expert] += visits / Float(here.count) }
    }

    private func choices(_ token: Int) -> [Int] {
        problem.choices[token * problem.topK..<(token + 1) * problem.topK].map(Int.init).filter { $0 < problem.experts }
    }
}
