import Activations
import Placement
import Randomness
import Testing

/// The score by which plans are made and the simulator's counter are two ways to say the same.
@Suite struct ScoreAgreementTests {
    private static let shape = TraceShape(blocks: [0], expertCount: 12, topK: 3)

    /// Visits of nodes by one request's tokens, all at `home`, by both.
    private func visits(copies: Int, seed: UInt64) throws -> (scored: Double, counted: Double, loads: [[Double]]) {
        var random = SplitMix64(seed: seed)
        var devices = [[Int]](repeating: [], count: 6)
        for expert in 0..<12 {
            for device in (0..<6).shuffled(using: &random).prefix(copies) { devices[device].append(expert) }
        }
        let plan = try PlacementPlan(nodes: 3, devicesPerNode: 2, layers: [ExpertLayout(block: 0, devices: devices)])
        let ids = (0..<3000).flatMap { _ in (0..<12).map { UInt16($0) }.shuffled(using: &random).prefix(3) }
        let home = Int(random.next() % 3)
        var scorer = try PlanScorer(plan: plan, shape: Self.shape)
        scorer.add(RequestTrace(id: "r", prefillTokens: 0, experts: ids), home: home)
        let score = scorer.finished()
        var batch = TokenBatch()
        for token in 0..<3000 { batch.append(device: home * 2, row: token * 3, request: 0) }
        var counter = TrafficCounter(
            topology: smallTopology(nodes: 3, devicesPerNode: 2), communication: Communication(), topK: 3)
        var crossed = [0.0]
        counter.count(
            batch, ids: ids, offset: 0, copies: CopyTable(layout: plan.layers[0], experts: 12), vectorBytes: (1, 0),
            crossed: &crossed)
        return (
            score.layers[0].remoteNodes, crossed[0],
            [score.layers[0].deviceLoads, counter.traffic.assignments.map(Double.init)]
        )
    }

    @Test(arguments: 0..<20)
    func `to the byte where every expert has one copy`(seed: Int) throws {
        let (scored, counted, loads) = try visits(copies: 1, seed: UInt64(seed))
        #expect(abs(scored - counted) < 1e-3 * counted, "seed \(seed)")
        #expect(loads[0] == loads[1], "seed \(seed)")
    }

    @Test(arguments: 0..<20, [2, 3])
    func `on average where copies take turns`(seed: Int, copies: Int) throws {
        let (scored, counted, loads) = try visits(copies: copies, seed: UInt64(seed))
        #expect(abs(scored - counted) < 0.03 * scored + 20, "seed \(seed)")
        for (expected, actual) in zip(loads[0], loads[1]) {
            #expect(abs(expected - actual) < 0.1 * expected + 60, "seed \(seed)")
        }
    }
}
