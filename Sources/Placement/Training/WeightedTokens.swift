/// Sampled tokens of one layer: whom they chose, from which home, and what each stands for.
struct WeightedTokens {
    /// `[tokens * topK]`.
    var choices: [UInt16]
    var homes: [UInt16]
    var weights: [Float]
    /// A number of the choice among copies on other nodes that each makes.
    var draws: [UInt8]

    private struct Key: Hashable {
        let experts: UInt64
        let home: UInt16
        let part: UInt8
    }

    /// Tokens of one home with the same experts as one token of their weights together.
    ///
    /// Only for up to four experts a token; sets of more seldom repeat.
    /// - Parameter parts: tokens are merged within each of so many parts, which choose their copies each for itself.
    func merged(topK: Int, parts: Int) -> WeightedTokens {
        guard topK <= 4 else { return self }
        var result = WeightedTokens(choices: [], homes: [], weights: [], draws: [])
        var known: [Key: Int] = [:]
        for token in homes.indices {
            let chosen = choices[token * topK..<(token + 1) * topK].sorted()
            let key = Key(
                experts: chosen.reduce(0) { $0 << 16 | UInt64($1) }, home: homes[token],
                part: draws[token] % UInt8(parts))
            if let index = known[key] {
                result.weights[index] += weights[token]
            } else {
                known[key] = result.homes.count
                result.choices += chosen
                result.homes.append(homes[token])
                result.weights.append(weights[token])
                result.draws.append(key.part)
            }
        }
        return result
    }
}
