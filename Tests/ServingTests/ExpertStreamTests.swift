import Hummingbird
import Serving
import Testing

@Suite struct ExpertStreamTests {
    private static let get = "GET /v1/experts/live HTTP/1.1\r\nHost: localhost\r\n\r\n"

    @Test func snapshotThenDeltas() async throws {
        let server = ServerUnderTest { $0.liveSeconds = 0.02 }
        server.twin.addLoad(layer: 0, expert: 1, tokens: 5)
        try await server.live { live in
            try await live.raw { connection in
                try await connection.send(Self.get)
                let first = try await connection.read(until: "]}]}\n\n")
                #expect(first.contains("event: snapshot\ndata: {\"model\":{\"id\":\"twin-moe\""))
                #expect(first.contains("\"tokens\":[0,5,0,0]"))
                server.twin.addLoad(layer: 1, expert: 3, tokens: 2)
                let second = try await connection.read(until: "event: delta")
                #expect(!second.contains("keep-alive"))
                let delta = "event: delta\ndata: {\"layers\":[{\"block\":1,\"tokens\":[0,0,0,2]}]}\n\n"
                #expect(try await connection.read(until: delta).contains(delta))
            }
        }
    }

    @Test func seatsAreLimitedAndFreed() async throws {
        let server = ServerUnderTest {
            $0.liveSeconds = 0.02
            $0.maxLiveClients = 1
        }
        try await server.live { live in
            try await live.raw { connection in
                try await connection.send(Self.get)
                try await connection.read(until: "snapshot")
                let refused = try await live.connect { try await $0.get("/v1/experts/live") }
                #expect(refused.status == .tooManyRequests)
                try await connection.close()
            }
            let isFree = await eventually {
                (try? await live.raw { connection in
                    try await connection.send(Self.get)
                    return try await connection.read(until: "\r\n").contains(" 200 ")
                }) == true
            }
            #expect(isFree)
        }
    }

    @Test func shutdownEndsTheStream() async throws {
        try await ServerUnderTest(configure: { $0.liveSeconds = 0.02 }).live { live in
            try await live.raw { connection in
                try await connection.send(Self.get)
                try await connection.read(until: "snapshot")
                await live.group.triggerGracefulShutdown()
                #expect(try await connection.readToEnd().hasSuffix("0\r\n\r\n"))
            }
        }
    }
}
