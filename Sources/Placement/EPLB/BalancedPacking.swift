/// Packs items into packs of limited places so that the packs weigh about the same: each item, heaviest first, goes to
/// the lightest pack that has a place left. Packs of one place are filled in order, as published: all orders weigh alike.
public enum BalancedPacking {
    /// - Returns: pack of each item, `[items]`, and its place in the pack.
    public static func pack(_ weights: [Double], packs: Int, places: Int) -> (pack: [Int], place: [Int]) {
        precondition(weights.count <= packs * places)
        if places <= 1 { return (Array(weights.indices), [Int](repeating: 0, count: weights.count)) }
        var loads = [Double](repeating: 0, count: packs)
        var filled = [Int](repeating: 0, count: packs)
        var pack = [Int](repeating: 0, count: weights.count)
        var place = pack
        for item in weights.indices.sorted(by: { (weights[$1], $0) < (weights[$0], $1) }) {
            var lightest = -1
            for candidate in 0..<packs where filled[candidate] < places {
                if lightest < 0 || loads[candidate] < loads[lightest] { lightest = candidate }
            }
            pack[item] = lightest
            place[item] = filled[lightest]
            filled[lightest] += 1
            loads[lightest] += weights[item]
        }
        return (pack, place)
    }
}
