import Hummingbird
import HummingbirdTesting
import Inference
import Serving
import Testing

/// What happens to answers when one of the two sides goes away. Over real sockets.
@Suite struct ConnectionTests {
    private static func body(stream: Bool, maxTokens: Int = 50) -> String {
        #"{"messages":[{"role":"user","content":"hi"}],"stream":\#(stream),"max_tokens":\#(maxTokens)}"#
    }

    @Test(arguments: [true, false])
    func clientThatHangsUpStopsItsGeneration(isStreamed: Bool) async throws {
        let server = ServerUnderTest(ServiceTwin { _ in ServiceTwin.endless })
        try await server.live { live in
            try await live.raw { connection in
                try await connection.send(
                    RawConnection.rawPost("/v1/chat/completions", Self.body(stream: isStreamed)))
                if isStreamed { try await connection.read(until: "word") }
                #expect(await eventually { server.twin.requests.count == 1 })
                #expect(server.twin.cancellations == 0)
                try await connection.close()
            }
            #expect(await eventually { server.twin.cancellations == 1 })
            let metrics = try await live.connect { try await $0.get("/metrics") }
            #expect(
                String(buffer: metrics.body ?? ByteBuffer()).contains(
                    #"guildhall_finished_total{reason="cancelled"} 1"#))
        }
        #expect(server.twin.finished == 0)
    }

    @Test func clientThatHangsUpStopsAllItsChoices() async throws {
        let server = ServerUnderTest(ServiceTwin { _ in ServiceTwin.endless })
        try await server.live { live in
            try await live.raw { connection in
                try await connection.send(
                    RawConnection.rawPost("/v1/completions", #"{"prompt":["a","b"],"n":2,"stream":true}"#))
                try await connection.read(until: "word")
                try await connection.close()
            }
            #expect(await eventually { server.twin.cancellations == 4 })
        }
    }

    @Test func finishedAnswersAreNotCancelled() async throws {
        let server = ServerUnderTest()
        try await server.live { live in
            for isStreamed in [true, false] {
                let response = try await live.connect {
                    try await $0.execute(LiveServer.post("/v1/chat/completions", Self.body(stream: isStreamed)))
                }
                #expect(response.status == .ok)
                #expect(response.headers[.connection] == "close")
            }
        }
        #expect(server.twin.cancellations == 0)
        #expect(server.twin.finished == 2)
    }

    @Test func errorsLeaveTheConnectionOpen() async throws {
        try await ServerUnderTest().live { live in
            try await live.connect { client in
                for _ in 0..<3 {
                    let response = try await client.execute(LiveServer.post("/v1/chat/completions", "{"))
                    #expect(response.status == .badRequest)
                }
                #expect(try await client.get("/health").status == .ok)
            }
        }
    }

    @Test func manyClientsAreServedAtTheSameTime() async throws {
        let server = ServerUnderTest(ServiceTwin { _ in [.pause(.milliseconds(50))] + ServiceTwin.words(["a", "b"]) })
        try await server.live { live in
            try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for index in 0..<32 {
                    group.addTask {
                        try await live.connect {
                            try await $0.execute(
                                LiveServer.post("/v1/chat/completions", Self.body(stream: index % 2 == 0)))
                        }.status
                    }
                }
                for try await status in group { #expect(status == .ok) }
            }
        }
        #expect(server.twin.finished == 32)
    }

    @Test func shutdownLetsRunningAnswersFinish() async throws {
        let twin = ServiceTwin { _ in [.event(.token(id: 1, text: "first ")), .gate] + ServiceTwin.words(["second"]) }
        try await ServerUnderTest(twin).live { live in
            try await live.raw { connection in
                try await connection.send(RawConnection.rawPost("/v1/chat/completions", Self.body(stream: true)))
                try await connection.read(until: "first")
                await live.group.triggerGracefulShutdown()
                // No new connections are taken: the listening socket closes.
                #expect(await eventually { (try? await live.raw { try await $0.send("x") }) == nil })
                twin.openGate()
                let text = try await connection.readToEnd()
                #expect(text.contains("second") && text.contains("[DONE]"))
            }
        }
        #expect(twin.cancellations == 0)
    }

    @Test func shutdownRefusesNewAnswersOnOpenConnections() async throws {
        try await ServerUnderTest().live { live in
            try await live.raw { connection in
                // A request whose body comes later keeps its connection open during the shutdown.
                let post = RawConnection.rawPost("/v1/chat/completions", Self.body(stream: false))
                try await connection.send(String(post.dropLast(5)))
                _ = try await live.connect { try await $0.get("/health") }
                await live.group.triggerGracefulShutdown()
                #expect(await eventually { (try? await live.raw { try await $0.send("x") }) == nil })
                try await connection.send(String(post.suffix(5)))
                let text = try await connection.readToEnd()
                #expect(text.hasPrefix("HTTP/1.1 503"))
                #expect(text.contains("shutting_down"))
            }
        }
    }

    @Test func idleConnectionsAreClosed() async throws {
        try await ServerUnderTest(configure: { $0.idleSeconds = 1 }).live { live in
            try await live.raw { connection in
                try await connection.send("GET /health HT")
                #expect(try await connection.readToEnd() == "")
            }
        }
    }
}
