import Serving
import Testing

@Suite struct CompletionTests {
    @Test func wholeAnswerHasTheFormOfTheAPI() async throws {
        let server = ServerUnderTest()
        let response = try await server.complete(#"{"prompt":"once upon a time"}"#)
        let json = try response.json()
        #expect(json.member("object") == "text_completion")
        #expect(
            json.member("choices") == [["index": 0, "text": "Hello, world", "logprobs": nil, "finish_reason": "stop"]])
        #expect(json.member("usage.prompt_tokens") == 4)
        guard case .string(let id) = json.member("id") else {
            Issue.record("no id")
            return
        }
        #expect(id.hasPrefix("cmpl-"))
        #expect(server.twin.requests.first?.maxTokens == 16)
    }

    @Test func promptsComeInFourForms() async throws {
        let server = ServerUnderTest()
        for (prompt, expected) in [
            (#""a b""#, [[1, 2]]), (#"["a b","c"]"#, [[1, 2], [1]]), ("[7,8,9]", [[7, 8, 9]]),
            ("[[7],[8,9]]", [[7], [8, 9]]),
        ] as [(String, [[Int32]])] {
            let before = server.twin.requests.count
            let one = ServerUnderTest(server.twin)
            #expect(try await one.complete("{\"prompt\":\(prompt)}").status == .ok)
            #expect(server.twin.requests.dropFirst(before).map(\.promptTokens) == expected)
        }
    }

    /// What a trace calls the requests: the answer's id, and what the client's metadata says.
    @Test func labels() async throws {
        let server = ServerUnderTest()
        let body = #"{"prompt":["a","b"],"metadata":{"domain":"code","category":"review","other":"x"}}"#
        let response = try await server.complete(body)
        guard case .string(let id) = try response.member("id") else {
            Issue.record("no id")
            return
        }
        let labels = server.twin.requests.map(\.label)
        #expect(labels.map(\.id) == [id, id + "-1"])
        #expect(labels.allSatisfy { $0.domain == "code" && $0.category == "review" })
        #expect(try await server.complete(#"{"prompt":"a","metadata":{"domain":7}}"#).status == .ok)
        #expect(server.twin.requests.last?.label.domain == nil)
    }

    @Test func severalPromptsAreSeveralChoices() async throws {
        let server = ServerUnderTest()
        let response = try await server.complete(#"{"prompt":["a b","c"],"n":2}"#)
        guard case .array(let choices) = try response.member("choices") else {
            Issue.record("no choices")
            return
        }
        #expect(choices.map { $0.member("index") } == [0, 1, 2, 3])
        #expect(server.twin.requests.map(\.promptTokens.count) == [2, 2, 1, 1])
        #expect(try response.member("usage.prompt_tokens") == 3)
        #expect(try response.member("usage.completion_tokens") == 12)
    }

    @Test func echoBeginsWithThePrompt() async throws {
        let body = #"{"prompt":["a ","b "],"echo":true}"#
        let response = try await ServerUnderTest().complete(body)
        #expect(try response.member("choices.0.text") == "a Hello, world")
        #expect(try response.member("choices.1.text") == "b Hello, world")
        let stream = try await ServerUnderTest().complete(#"{"prompt":"a ","echo":true,"stream":true}"#)
        let first = try #require(try stream.events().first)
        #expect(try JSONParser.parse([UInt8](first.utf8)).member("choices.0.text") == "a ")
    }
}
