import Randomness

/// How a quantity of one run compares with that of another, with an interval by resampling pairs.
public struct PairedRatio: Sendable, Equatable {
    /// Share by which the second is more (or, negative, less) than the first.
    public let change: Double
    /// Bounds of the central 95 % of the resampled changes.
    public let low: Double
    public let high: Double
}

/// Resamples units (requests, blocks of steps) that two runs have in common, with replacement.
public struct PairedBootstrap: Sendable {
    /// A unit's amount and what it is divided by, in both runs: bytes and tokens, seconds and steps.
    public struct Unit: Sendable {
        public var first: (amount: Double, weight: Double)
        public var second: (amount: Double, weight: Double)

        public init(first: (amount: Double, weight: Double), second: (amount: Double, weight: Double)) {
            self.first = first
            self.second = second
        }
    }

    private let resamples: Int
    private let seed: UInt64

    public init(resamples: Int = 2000, seed: UInt64 = 1) {
        self.resamples = max(1, resamples)
        self.seed = seed
    }

    /// The change of Σ amount / Σ weight from the first run to the second; nil if the first has nothing.
    public func ratio(_ units: [Unit]) -> PairedRatio? {
        guard let change = Self.change(units.indices.lazy.map { units[$0] }) else { return nil }
        var generator = SplitMix64(seed: seed)
        var changes: [Double] = []
        for _ in 0..<resamples {
            let sample = units.indices.map { _ in units[Int(generator.next() % UInt64(units.count))] }
            if let change = Self.change(sample) { changes.append(change) }
        }
        changes.sort()
        return PairedRatio(
            change: change, low: changes[Int(0.025 * Double(changes.count - 1))],
            high: changes[Int((0.975 * Double(changes.count - 1)).rounded(.up))])
    }

    private static func change(_ units: some Sequence<Unit>) -> Double? {
        var (first, second) = ((amount: 0.0, weight: 0.0), (amount: 0.0, weight: 0.0))
        for unit in units {
            first.amount += unit.first.amount
            first.weight += unit.first.weight
            second.amount += unit.second.amount
            second.weight += unit.second.weight
        }
        guard first.amount > 0, first.weight > 0, second.weight > 0 else { return nil }
        return second.amount / second.weight * first.weight / first.amount - 1
    }
}

/// Two runs that replayed the same requests, compared.
public struct RunComparison: Sendable, Equatable {
    /// Bytes between nodes per token, resampled by request; nil where the first run had none.
    public let bytesBetweenNodes: PairedRatio?
    /// Seconds per step, resampled by blocks of steps.
    public let communicationTime: PairedRatio?
    public let expertTime: PairedRatio?
    public let layerTime: PairedRatio?
    /// Largest over mean load of a step's devices.
    public let imbalance: PairedRatio?

    /// Steps follow on each other, so they are resampled in blocks that are long against how fast a batch changes.
    private static let blocks = 32

    public init(_ first: SimulationOutcome, _ second: SimulationOutcome, bootstrap: PairedBootstrap = PairedBootstrap())
    {
        let requests = first.requestTokens.indices.filter { first.requestTokens[$0] + second.requestTokens[$0] > 0 }
        bytesBetweenNodes = bootstrap.ratio(
            requests.map {
                PairedBootstrap.Unit(
                    first: (first.crossedBytes[$0], Double(first.requestTokens[$0])),
                    second: (second.crossedBytes[$0], Double(second.requestTokens[$0])))
            })
        func steps(_ value: (LayerCost) -> Double) -> PairedRatio? {
            bootstrap.ratio(Self.blocks(first.steps, second.steps, value))
        }
        communicationTime = steps { $0.communication.slowest }
        expertTime = steps { $0.experts.slowest }
        layerTime = steps { $0.layer.slowest }
        imbalance = steps { $0.imbalance }
    }

    private static func blocks(
        _ first: [SimulationOutcome.Step], _ second: [SimulationOutcome.Step], _ value: (LayerCost) -> Double
    ) -> [PairedBootstrap.Unit] {
        let count = min(first.count, second.count)
        let length = max(1, count / blocks)
        return stride(from: 0, to: count, by: length).map { start in
            let range = start..<min(start + length, count)
            return PairedBootstrap.Unit(
                first: (first[range].reduce(0) { $0 + value($1.cost) }, Double(range.count)),
                second: (second[range].reduce(0) { $0 + value($1.cost) }, Double(range.count)))
        }
    }
}
