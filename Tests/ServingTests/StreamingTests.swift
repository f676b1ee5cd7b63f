import Hummingbird
import Inference
import Serving
import Testing

@Suite struct StreamingTests {
    private let messages = #""messages":[{"role":"user","content":"say hello now"}]"#

    private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse([UInt8](text.utf8)) }

    @Test func chatIsFramedAsTheAPISays() async throws {
        let response = try await ServerUnderTest().chat("{\(messages),\"stream\":true}")
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "text/event-stream; charset=utf-8")
        #expect(response.headers[.cacheControl] == "no-cache")
        #expect(response.headers[.connection] == "close")
        let events = try response.events()
        #expect(events.last == "[DONE]")
        let chunks = try events.dropLast().map(parse)
        #expect(chunks.count == 5)
        #expect(chunks.first?.member("choices.0.delta") == ["role": "assistant", "content": ""])
        #expect(chunks[1...3].map { $0.member("choices.0.delta.content") } == ["Hello", ",", " world"])
        #expect(chunks.dropLast().allSatisfy { $0.member("choices.0.finish_reason") == JSONValue.null })
        #expect(
            chunks.last?.member("choices.0") == ["index": 0, "delta": [:], "logprobs": nil, "finish_reason": "stop"])
        #expect(Set(chunks.compactMap { $0.member("id") }.map { String(decoding: $0.utf8, as: UTF8.self) }).count == 1)
        #expect(chunks.allSatisfy { $0.member("object") == "chat.completion.chunk" && $0.member("usage") == nil })
    }

    @Test func usageComesLastAndAlone() async throws {
        let response = try await ServerUnderTest().chat(
            "{\(messages),\"stream\":true,\"stream_options\":{\"include_usage\":true}}")
        let chunks = try response.events().dropLast().map(parse)
        let last = try #require(chunks.last)
        #expect(last.member("choices") == [])
        #expect(last.member("usage") == ["prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6])
        #expect(chunks.dropLast().allSatisfy { $0.member("usage") == JSONValue.null })
    }

    @Test func completionsAreFramedAsTheAPISays() async throws {
        let response = try await ServerUnderTest().complete(#"{"prompt":"a","stream":true}"#)
        let chunks = try response.events().dropLast().map(parse)
        #expect(chunks.map { $0.member("choices.0.text") } == ["Hello", ",", " world", ""])
        #expect(chunks.map { $0.member("choices.0.finish_reason") } == [nil, nil, nil, "stop"] as [JSONValue])
        #expect(chunks.allSatisfy { $0.member("object") == "text_completion" })
    }

    @Test func choicesOfAStreamAreToldApart() async throws {
        let response = try await ServerUnderTest().complete(#"{"prompt":["a","b"],"n":2,"stream":true}"#)
        let chunks = try response.events().dropLast().map(parse)
        for index in 0..<4 {
            let own = chunks.filter { $0.member("choices.0.index") == .integer(index) }
            #expect(own.map { $0.member("choices.0.text") } == ["Hello", ",", " world", ""])
        }
    }

    @Test func failureOnTheWayIsToldWithoutInternals() async throws {
        let server = ServerUnderTest(
            ServiceTwin { _ in [.event(.token(id: 1, text: "He")), .event(.failed("secret path /x"))] })
        let response = try await server.chat("{\(messages),\"stream\":true}")
        let events = try response.events()
        let last = try parse(try #require(events.last))
        #expect(last.member("error.code") == "generation_failed")
        #expect(last.member("error.type") == "server_error")
        #expect(!response.text.contains("secret") && !response.text.contains("[DONE]"))
    }

    @Test func streamThatBreaksOffIsAFailure() async throws {
        let server = ServerUnderTest(ServiceTwin { _ in [.event(.token(id: 1, text: "He"))] })
        let response = try await server.chat("{\(messages),\"stream\":true}")
        #expect(try parse(try #require(try response.events().last)).member("error.code") == "generation_failed")
    }

    @Test func silenceIsFilledWithComments() async throws {
        let server = ServerUnderTest(
            ServiceTwin { _ in [.pause(.milliseconds(400))] + ServiceTwin.words(["late"]) }
        ) { $0.keepAliveSeconds = 0.05 }
        let response = try await server.chat("{\(messages),\"stream\":true}")
        #expect(response.text.contains(": keep-alive\n\n"))
        #expect(try response.events().count == 4)
    }

    @Test func chunksArriveWhileTheAnswerIsMade() async throws {
        let twin = ServiceTwin { _ in
            [.event(.token(id: 1, text: "first")), .gate] + ServiceTwin.words(["second"])
        }
        try await ServerUnderTest(twin).live { server in
            try await server.raw { connection in
                try await connection.send(
                    RawConnection.rawPost("/v1/chat/completions", "{\(messages),\"stream\":true}"))
                #expect(!(try await connection.read(until: "first")).contains("second"))
                twin.openGate()
                #expect(try await connection.read(until: "[DONE]\n\n").contains("second"))
            }
        }
    }
}
