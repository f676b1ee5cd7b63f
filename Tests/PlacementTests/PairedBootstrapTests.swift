import Placement
import Randomness
import Testing

@Suite struct PairedBootstrapTests {
    private func units(_ count: Int, seed: UInt64, ratio: Double, noise: Double) -> [PairedBootstrap.Unit] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let amount = 1 + random.nextUnit() * 10
            let second = amount * ratio * (1 + noise * (random.nextUnit() - 0.5))
            return PairedBootstrap.Unit(first: (amount, 1), second: (second, 1))
        }
    }

    @Test func `an exact ratio has no width`() throws {
        let ratio = try #require(PairedBootstrap().ratio(units(50, seed: 1, ratio: 0.8, noise: 0)))
        #expect(abs(ratio.change + 0.2) < 1e-12 && abs(ratio.low + 0.2) < 1e-12 && abs(ratio.high + 0.2) < 1e-12)
    }

    /// Of 200 samples of a known ratio some 190 intervals must hold it.
    @Test func `covers the truth as often as it says`() {
        let held = (0..<200).count { seed in
            let ratio = PairedBootstrap(resamples: 400, seed: 9).ratio(
                units(60, seed: UInt64(seed), ratio: 0.9, noise: 0.5))
            guard let ratio else { return false }
            return ratio.low <= -0.1 && -0.1 <= ratio.high
        }
        #expect((176...200).contains(held), "\(held)")
    }

    @Test func `nothing to compare is nil`() {
        #expect(PairedBootstrap().ratio([]) == nil)
        #expect(PairedBootstrap().ratio([PairedBootstrap.Unit(first: (0, 1), second: (1, 1))]) == nil)
    }

    @Test func `percentiles by the nearest rank`() throws {
        let plain = try #require(Percentiles((1...100).map(Double.init)))
        #expect((plain.count, plain.p50, plain.p95, plain.p99) == (100, 50, 95, 99))
        let weighted = try #require(Percentiles([(value: 2, weight: 1), (value: 1, weight: 9), (value: 5, weight: 0)]))
        #expect((weighted.count, weighted.p50, weighted.p99) == (10, 1, 2))
        #expect(Percentiles([Double]()) == nil)
    }
}
