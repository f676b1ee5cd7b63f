import Foundation
import Randomness

/// Requests that arrive at random (a Poisson process) and wait for a seat in order.
struct ArrivalProcess: Sendable {
    /// While so many wait, no others come: an overloaded system must not grow without end.
    static let queueLimit = 1 << 20

    /// Requests that wait, and since when.
    private(set) var waiting: [(request: Int, arrival: Double)] = []
    private let rate: Double?
    private var generator: SplitMix64
    private var nextArrival = 0.0

    /// - Parameter rate: arrivals a second; nil for none.
    init(rate: Double?, seed: UInt64) {
        self.rate = rate
        // Another sequence than the stream's, which must not depend on how many arrive.
        generator = SplitMix64(seed: seed ^ 0xA5A5_5A5A_A5A5_5A5A)
        advance()
    }

    /// Those that get a seat at `clock`, in order of arrival.
    mutating func admit(
        until clock: Double, atMost seats: Int, from stream: inout RequestStream
    ) -> [(request: Int, arrival: Double)] {
        guard rate != nil else { return [] }
        while nextArrival <= clock, waiting.count < Self.queueLimit { arrive(&stream) }
        if waiting.count == Self.queueLimit { nextArrival = max(nextArrival, clock) }
        let admitted = Array(waiting.prefix(max(0, seats)))
        waiting.removeFirst(admitted.count)
        return admitted
    }

    /// The next one to come, when nobody is there.
    mutating func skipToNext(_ stream: inout RequestStream) -> (request: Int, arrival: Double)? {
        guard rate != nil else { return nil }
        if waiting.isEmpty { arrive(&stream) }
        return waiting.removeFirst()
    }

    private mutating func arrive(_ stream: inout RequestStream) {
        waiting.append((stream.pop(), nextArrival))
        advance()
    }

    private mutating func advance() {
        guard let rate else { return }
        nextArrival += -log(1 - generator.nextUnit()) / rate
    }
}
