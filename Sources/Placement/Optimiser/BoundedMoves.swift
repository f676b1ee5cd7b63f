import Randomness

/// Improves a running plan by few moves of weights: copies that come to a device that did not have them.
///
/// Copies stay on their devices unless moved. Each layer finds its own sequence of best steps; the steps of all layers
/// are then taken by what they gain per move until the moves are used up.
struct BoundedMoves: Sendable {
    /// A layer after some steps.
    private struct Point: Sendable {
        var devices: [[Int]]
        var moves: Int
        var cost: Double
    }

    /// What each device held before: moves are counted from there.
    let origin: [[Int]]
    let start: LayerState
    let cost: SearchCost
    /// Candidates looked at for one step.
    var candidates = 300
    var rule = LayerSearch.Rule.none

    /// Layers after the best steps within `moves` altogether.
    static func improve(
        _ layers: [BoundedMoves], moves: Int, threads: Int, seed: UInt64, until time: SearchTime
    ) -> [[[Int]]] {
        let paths = Parallel.map(layers.indices, threads: threads) {
            layers[$0].path(
                moves: moves, seed: seed &+ UInt64($0) &* 7919,
                until: time.share(ofItems: layers.count - $0, threads: threads))
        }
        var position = [Int](repeating: 0, count: paths.count)
        // Where a start is not what was before, to get to it takes moves too.
        var left = moves - paths.reduce(0) { $0 + $1[0].moves }
        while let next = bestStep(paths, position, left) {
            left -= paths[next.layer][next.step].moves - paths[next.layer][position[next.layer]].moves
            position[next.layer] = next.step
        }
        return paths.indices.map { paths[$0][position[$0]].devices }
    }

    /// The steps of some layer that gain most for each move, within the moves left.
    private static func bestStep(_ paths: [[Point]], _ position: [Int], _ left: Int) -> (layer: Int, step: Int)? {
        var best: (layer: Int, step: Int, rate: Double)?
        for (layer, path) in paths.enumerated() {
            let here = path[position[layer]]
            for step in position[layer] + 1..<max(path.count, position[layer] + 1) {
                let moves = path[step].moves - here.moves
                guard moves <= left else { break }
                let rate = (here.cost - path[step].cost) / Double(max(moves, 1))
                if rate > (best?.rate ?? 1e-9) { best = (layer, step, rate) }
            }
        }
        return best.map { ($0.layer, $0.step) }
    }

    /// The start and the layer after each of the best steps, one after the other.
    private func path(moves: Int, seed: UInt64, until time: SearchTime) -> [Point] {
        var search = LayerSearch(start, cost: cost, rule: rule, seed: seed)
        let first = start.layout()
        var path = [Point(devices: first, moves: Self.moves(from: origin, to: first), cost: search.bestCost)]
        while !time.isOver, search.step(candidates: candidates) {
            let devices = search.best.layout()
            let moved = Self.moves(from: origin, to: devices)
            guard moved <= moves else { break }
            path.append(Point(devices: devices, moves: moved, cost: search.bestCost))
        }
        return path
    }

    /// Copies that are on a device that did not have them.
    static func moves(from old: [[Int]], to new: [[Int]]) -> Int {
        zip(old, new).reduce(0) { $0 + Set($1.1).subtracting($1.0).count }
    }
}

extension PlacementPlan {
    /// Copies of weights that must be sent to get from `old` to this plan: those on a device that did not have them.
    /// Layers that `old` lacks count whole.
    public func moves(from old: PlacementPlan) -> Int {
        layers.reduce(0) { sum, layout in
            let before = old.layers.first { $0.block == layout.block }?.devices
            return sum
                + BoundedMoves.moves(
                    from: before ?? [[Int]](repeating: [], count: layout.devices.count), to: layout.devices)
        }
    }
}
