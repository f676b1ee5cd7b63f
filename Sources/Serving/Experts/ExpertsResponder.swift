import Activations
import Hummingbird
import Inference
import Synchronization

/// Shows which experts the tokens go to: a snapshot, or as a stream while it happens.
struct ExpertsResponder: Sendable {
    let service: any GenerationService
    let configuration: ServerConfiguration
    let drain: DrainState
    /// Streams that may be open at the same time.
    let seats: Seats

    func snapshot() -> Response {
        .json(ExpertLoadsForm.snapshot(service.expertLoads(), model: service.model))
    }

    /// Sends a `snapshot` event, then a `delta` event whenever tokens were routed, at most once per `liveSeconds`.
    func live(_ request: Request) throws -> Response {
        guard let seat = seats.take() else {
            throw APIError.tooMany("\(configuration.maxLiveClients) clients are watching already.")
        }
        let body = ResponseBody { writer in
            defer { seat.free() }
            var events = EventStreamWriter(writer)
            try await withFeed(
                of: request, buffering: .bufferingNewest(1), sources: [ticks((), every: configuration.liveSeconds)]
            ) { feed in
                try await relay(feed, to: &events)
            }
            try await events.finish()
        }
        return Response(status: .ok, headers: EventStreamWriter.headers, body: body)
    }

    private func relay(_ feed: AsyncStream<Void>, to events: inout EventStreamWriter) async throws {
        var last = service.expertLoads()
        try await events.send(ExpertLoadsForm.snapshot(last, model: service.model), event: "snapshot")
        for await _ in feed {
            if drain.isDraining { break }
            let loads = service.expertLoads()
            if loads == last {
                try await events.keepAlive(after: configuration.keepAliveSeconds)
            } else {
                try await events.send(ExpertLoadsForm.delta(from: last, to: loads), event: "delta")
                last = loads
            }
        }
    }
}

/// A number of seats that can be taken and freed again.
final class Seats: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    /// nil when all are taken.
    func take() -> Seat? {
        let isTaken = left.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
        return isTaken ? Seat(self) : nil
    }

    fileprivate func giveBack() { left.withLock { $0 += 1 } }
}

/// One taken seat. It is freed once: by `free`, or when it is dropped because its stream never began.
final class Seat: Sendable {
    private let seats: Mutex<Seats?>

    fileprivate init(_ seats: Seats) { self.seats = Mutex(seats) }

    func free() {
        let seats = seats.withLock { seats in
            defer { seats = nil }
            return seats
        }
        seats?.giveBack()
    }

    deinit { free() }
}
