import Randomness

extension LayerTraffic {
    /// Counts of a batch whose tokens choose their experts at random, as a benchmark's do.
    ///
    /// - Parameters:
    ///   - perDevice: tokens of each device.
    ///   - groups: experts are in this many equal groups, of which a token may use `groupsPerToken`; with 1 of 1 all
    ///     experts are alike.
    static func random(
        topology: Topology, communication: Communication, experts: Int, topK: Int, perDevice: Int,
        groups: (count: Int, perToken: Int), seed: UInt64
    ) -> LayerTraffic {
        var generator = SplitMix64(seed: seed)
        var batch = TokenBatch()
        var ids: [UInt16] = []
        for device in 0..<topology.deviceCount {
            for _ in 0..<perDevice {
                batch.append(device: device, row: ids.count, request: 0)
                let used = Array((0..<groups.count).shuffled(using: &generator).prefix(groups.perToken))
                let width = experts / groups.count
                let candidates = used.flatMap { Array($0 * width..<($0 + 1) * width) }
                ids.append(contentsOf: sample(topK, of: candidates, using: &generator))
            }
        }
        let perSlot = experts / topology.deviceCount
        let layout = ExpertLayout(
            block: 0, devices: (0..<topology.deviceCount).map { Array($0 * perSlot..<($0 + 1) * perSlot) })
        var counter = TrafficCounter(topology: topology, communication: communication, topK: topK)
        var crossed = [0.0]
        counter.count(
            batch, ids: ids, offset: 0, copies: CopyTable(layout: layout, experts: experts), vectorBytes: (1, 1),
            crossed: &crossed)
        return counter.traffic
    }

    /// `count` different elements in random order.
    private static func sample(_ count: Int, of candidates: [Int], using generator: inout SplitMix64) -> [UInt16] {
        var pool = candidates
        return (0..<count).map { index in
            let other = index + Int(generator.next() % UInt64(pool.count - index))
            pool.swapAt(index, other)
            return UInt16(pool[index])
        }
    }
}
