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
        var tokens = WeightedTokens(choices: [], homes: [], weights: [], draws: [])
        if use == .single { tokens = self.tokens(layer: layer, nodes: room.nodes, homes: homes, views: 1) }
        if use == .merged {
            let draws = room.copies > shape.expertCount ? Self.draws : 1
            let views = views(homes: homes == nil ? room.nodes : 1, draws: draws)
            tokens = self.tokens(layer: layer, nodes: room.nodes, homes: homes, views: views)
                .merged(topK: shape.topK, parts: draws)
        }
        return LayerProblem(
            room: room, experts: shape.expertCount, topK: shape.topK, choices: tokens.choices, homes: tokens.homes,
            weights: tokens.weights, loads: loads(layer: layer, nodes: room.nodes, homes: homes, folds: folds),
            evenFolds: use == .none ? RequestFolds.whole : 0)
    }

    /// How often tokens of one home choose among copies on other nodes, each time as if they were others.
    private static let draws = 4
    /// Tokens that a layer's search looks at without haste.
    private static let easy = 8192

    /// How often each sampled token is looked at: where they are few, so often that chance, which picks the home of a
    /// token that has none and the copy that computes it, tells little.
    private func views(homes: Int, draws: Int) -> Int {
        let views = min(homes * draws, Self.easy / max(1, sampleRequest.count))
        // As often from each home, or from any one.
        return max(1, views >= homes ? views / homes * homes : 1)
    }

    /// - Parameter views: of each token, next to each other and with the token's weight together.
    private func tokens(layer: Int, nodes: Int, homes: [Int]?, views: Int) -> WeightedTokens {
        let all = Float(max(1, tokens) * views)
        var result = WeightedTokens(choices: [], homes: [], weights: [], draws: [])
        let places = homes == nil ? nodes : 1
        for (token, request) in sampleRequest.enumerated() {
            let choices = sample[layer][token * shape.topK..<(token + 1) * shape.topK]
            let first = homes.map { $0[Int(request)] } ?? Self.scattered(token, over: nodes)
            for view in 0..<views {
                result.choices += choices
                result.homes.append(UInt16(homes == nil ? (first + view) % nodes : first))
                result.draws.append(UInt8((token + view / places) % Self.draws))
                result.weights.append(requests[Int(request)].weight / all)
            }
        }
        return result
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
