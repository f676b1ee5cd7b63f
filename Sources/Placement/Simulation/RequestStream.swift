import Randomness

/// The endless order in which requests of a trace arrive. It depends on the seed and the trace alone, so that two
/// plans see the same requests in the same order.
struct RequestStream: Sendable {
    private let order: SimulationOptions.Order
    private var generator: SplitMix64
    private var round: [Int]
    private var next = 0

    /// - Parameter candidates: requests of the trace that have tokens to replay; not empty.
    init(candidates: [Int], trace: ReplayTrace, order: SimulationOptions.Order, seed: UInt64) {
        precondition(!candidates.isEmpty)
        self.order = order
        generator = SplitMix64(seed: seed)
        round = candidates
        switch order {
        case .trace: break
        case .shuffled: round.shuffle(using: &generator)
        case .domain:
            round.sort {
                (trace.requests[$0].label ?? "", $0) < (trace.requests[$1].label ?? "", $1)
            }
        }
    }

    /// Index of the next request.
    mutating func pop() -> Int {
        if next == round.count {
            next = 0
            if order == .shuffled { round.shuffle(using: &generator) }
        }
        defer { next += 1 }
        return round[next]
    }

    /// A number in [0, 1) for where a request stands when the simulation begins, or when the next one comes.
    mutating func unit() -> Double { generator.nextUnit() }
}
