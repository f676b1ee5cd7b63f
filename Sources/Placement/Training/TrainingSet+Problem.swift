import Randomness

extension TrainingSet {
    enum SampleUse {
        /// Loads alone; all copies of an expert share alike in the first folds.
        case none
        /// Loads alone.
        case loads
        /// Every sampled token.
        case single
        /// Tokens of one home with the same experts as one.
        case merged
    }

    /// The problem of one layer.
    ///
    /// - Parameters:
    ///   - homes: node of each request; nil spreads the tokens over the nodes.
    ///   - use: what of the sample the problem has.
    func problem(
        layer: Int, room: LayerProblem.Room, homes: [Int]?, folds: RequestFolds, use: SampleUse = .merged
    ) -> LayerProblem {
        var tokens = WeightedTokens(choices: [], homes: [], weights: [])
        if use == .single || use == .merged { tokens = self.tokens(layer: layer, nodes: room.nodes, homes: homes) }
        if use == .merged { tokens = tokens.merged(topK: shape.topK, parts: room.copies > shape.expertCount ? 4 : 1) }
        return LayerProblem(
            room: room, experts: shape.expertCount, topK: shape.topK, choices: tokens.choices, homes: tokens.homes,
            weights: tokens.weights, loads: loads(layer: layer, nodes: room.nodes, homes: homes, folds: folds),
            evenFolds: use == .none ? RequestFolds.whole : 0)
    }

    private func tokens(layer: Int, nodes: Int, homes: [Int]?) -> WeightedTokens {
        let all = Float(max(1, tokens))
        return WeightedTokens(
            choices: sample[layer],
            homes: sampleRequest.enumerated().map { token, request in
                UInt16(homes.map { $0[Int(request)] } ?? Self.scattered(token, over: nodes))
            }, weights: sampleRequest.map { requests[Int($0)].weight / all })
    }

    /// A node drawn by a hash of the token's number.
    private static func scattered(_ token: Int, over nodes: Int) -> Int {
        var random = SplitMix64(seed: UInt64(token))
        return Int(random.next() % UInt64(nodes))
    }

    private func loads(layer: Int, nodes: Int, homes: [Int]?, folds: RequestFolds) -> [FoldLoads] {
        let experts = shape.expertCount
        var loads = [FoldLoads](repeating: .zero, count: nodes * experts)
        var totals = FoldLoads.zero
        for request in requests.indices {
            for part in folds.parts(request, home: homes?[request] ?? 0, nodes: homes == nil ? 1 : nodes) {
                for expert in 0..<experts {
                    let load = part.share * Float(counts[layer][request * experts + expert])
                    loads[part.home * experts + expert] += load
                    totals += load
                }
            }
        }
        totals.replace(with: 1, where: totals .== 0)
        if homes == nil {
            for index in experts..<max(experts, nodes * experts) { loads[index] = loads[index % experts] }
            totals *= Float(nodes)
        }
        return loads.map { $0 / totals }
    }
}
