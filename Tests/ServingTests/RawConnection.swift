import NIOCore
import NIOPosix

/// A bare TCP connection, for tests of what HTTP clients do not let one do.
struct RawConnection {
    private let channel: any Channel
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    /// Everything the server has sent so far.
    private(set) var received = ""

    fileprivate init(
        _ channel: any Channel, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.channel = channel
        self.outbound = outbound
        self.inbound = inbound.makeAsyncIterator()
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// Reads until the text appears, or the server closes.
    @discardableResult
    mutating func read(until text: String) async throws -> String {
        while !received.contains(text), let buffer = try await inbound.next() { received += String(buffer: buffer) }
        return received
    }

    mutating func readToEnd() async throws -> String {
        while let buffer = try await inbound.next() { received += String(buffer: buffer) }
        return received
    }

    /// Hangs up.
    func close() async throws { try await channel.close() }

    static func rawPost(_ path: String, _ body: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}

extension LiveServer {
    func raw<Value: Sendable>(_ body: (inout RawConnection) async throws -> Value) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(channel.channel, inbound, outbound)
            return try await body(&connection)
        }
    }
}
