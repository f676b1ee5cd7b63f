import Hummingbird

/// Runs `consume` on what the sources produce, until it returns or the client is gone.
///
/// Sources run side by side and are cancelled when `consume` returns or throws. The feed ends early, without a sign
/// from the sources, when the client closes its connection or the server's task is cancelled. Watching for that takes
/// over the connection's input, so the connection must be closed after the answer (`Connection: close`).
///
/// - Parameter request: Its body must have been read or be unused.
func withFeed<Item: Sendable, Value: Sendable>(
    of request: Request, buffering: AsyncStream<Item>.Continuation.BufferingPolicy = .unbounded,
    sources: [@Sendable (AsyncStream<Item>.Continuation) async -> Void],
    consume: (AsyncStream<Item>) async throws -> Value
) async throws -> Value {
    let (feed, continuation) = AsyncStream.makeStream(of: Item.self, bufferingPolicy: buffering)
    return try await request.body.consumeWithInboundCloseHandler { _ in
        try await withThrowingTaskGroup(of: Void.self) { group in
            for source in sources { group.addTask { await source(continuation) } }
            defer { group.cancelAll() }
            return try await consume(feed)
        }
    } onInboundClosed: {
        continuation.finish()
    }
}

/// A source that produces `item` again and again, every `seconds`.
func ticks<Item: Sendable>(
    _ item: Item, every seconds: Double
) -> @Sendable (AsyncStream<Item>.Continuation) async -> Void {
    { continuation in
        while (try? await Task.sleep(for: .seconds(seconds))) != nil { continuation.yield(item) }
    }
}
