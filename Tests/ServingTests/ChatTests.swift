import Inference
import Serving
import Testing

@Suite struct ChatTests {
    private let hello = #""messages":[{"role":"user","content":"say hello now"}]"#

    @Test func wholeAnswerHasTheFormOfTheAPI() async throws {
        let server = ServerUnderTest()
        let response = try await server.chat("{\"model\":\"twin-moe\",\(hello)}")
        #expect(response.status == .ok)
        let json = try response.json()
        guard case .object(let object) = json, case .string(let id) = object["id"] else {
            Issue.record("not an object with an id")
            return
        }
        #expect(
            object.names == [
                "id", "object", "created", "model", "system_fingerprint", "choices", "usage", "guildhall",
            ])
        #expect(id.hasPrefix("chatcmpl-") && id.utf8.count == 33)
        #expect(json.member("object") == "chat.completion")
        #expect(json.member("model") == "twin-moe")
        #expect(
            json.member("choices") == [
                [
                    "index": 0, "message": ["role": "assistant", "content": "Hello, world", "refusal": nil],
                    "logprobs": nil, "finish_reason": "stop",
                ]
            ])
        #expect(json.member("usage") == ["prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6])
        // The seed UInt64.max, written as it can be sent back.
        #expect(json.member("guildhall.seeds") == [-1])
        #expect(json.member("guildhall.queue_seconds") == [.number(0.25)])
    }

    @Test func fieldsReachTheEngine() async throws {
        let server = ServerUnderTest()
        _ = try await server.chat(
            """
            {\(hello),"temperature":0.5,"top_p":0.25,"top_k":-1,"min_p":0.125,"seed":-1,"stop":["a","b"],
            "max_tokens":9,"max_completion_tokens":7,"ignore_eos":true}
            """)
        let request = try #require(server.twin.requests.first)
        #expect(request.sampling.temperature == 0.5)
        #expect(request.sampling.topP == 0.25)
        #expect(request.sampling.topK == 0)
        #expect(request.sampling.minP == 0.125)
        #expect(request.sampling.seed == .max)
        #expect(request.stop == ["a", "b"])
        #expect(request.maxTokens == 7)
        #expect(request.ignoreEndOfText)
        #expect(request.promptTokens == [1, 2, 3])
    }

    @Test func whatIsNotSaidIsTheServersChoice() async throws {
        var sampling = SamplingOptions()
        sampling.temperature = 0.125
        let server = ServerUnderTest { [sampling] in $0.defaultSampling = sampling }
        _ = try await server.chat("{\(hello)}")
        let request = try #require(server.twin.requests.first)
        #expect(request.sampling == sampling)
        #expect(request.maxTokens == nil)
        #expect(request.stop.isEmpty)
        #expect(!request.ignoreEndOfText)
    }

    @Test func tokensThatDoNotFitAreNotAskedFor() async throws {
        let server = ServerUnderTest()
        _ = try await server.chat("{\(hello),\"max_tokens\":1000000}")
        #expect(server.twin.requests.first?.maxTokens == 61)
    }

    @Test func messagesAreReadInAllTheirForms() async throws {
        let server = ServerUnderTest()
        _ = try await server.chat(
            """
            {"messages":[{"role":"developer","content":"be brief"},{"role":"user","name":"ann","content":[
            {"type":"text","text":"one"},{"type":"text","text":"two"}]},{"role":"assistant","content":null,
            "refusal":null,"tool_calls":[],"audio":null,"function_call":null,"annotations":[]},
            {"role":"tool","tool_call_id":"1","content":"three"},{"role":"system","content":""}]}
            """)
        #expect(
            server.twin.messages.first == [
                ChatMessage(role: "system", content: "be brief"), ChatMessage(role: "user", content: "one\ntwo"),
                ChatMessage(role: "assistant", content: ""), ChatMessage(role: "tool", content: "three"),
                ChatMessage(role: "system", content: ""),
            ])
    }

    @Test func severalChoicesHaveSeedsOfTheirOwn() async throws {
        let server = ServerUnderTest()
        let response = try await server.chat("{\(hello),\"n\":3,\"seed\":5}")
        #expect(server.twin.requests.map(\.sampling.seed) == [5, 6, 7])
        #expect(try response.member("choices.2.index") == 2)
        #expect(try response.member("choices.2.message.content") == "Hello, world")
        #expect(try response.member("usage") == ["prompt_tokens": 3, "completion_tokens": 9, "total_tokens": 12])
    }

    @Test func neutralValuesOfUnsupportedFieldsAreFine() async throws {
        let server = ServerUnderTest()
        let response = try await server.chat(
            """
            {\(hello),"user":"u","metadata":{"a":"b"},"store":false,"service_tier":"auto","tools":[],"tool_choice":"none",
            "response_format":{"type":"text"},"logprobs":false,"top_logprobs":0,"frequency_penalty":0,
            "presence_penalty":0.0,"logit_bias":{},"n":1,"modalities":["text"],"audio":null,"stop":null,
            "repetition_penalty":1.0,"parallel_tool_calls":true}
            """)
        #expect(response.status == .ok, "\(response.text)")
    }

    @Test func heldBackTextIsPartOfTheAnswer() async throws {
        let server = ServerUnderTest(
            ServiceTwin { _ in
                [
                    .event(.token(id: 1, text: "")), .event(.text("He")), .event(.token(id: 2, text: "y")),
                    .event(.finished(ServiceTwin.result(tokens: 2, reason: .length, prompt: 3))),
                ]
            })
        let response = try await server.chat("{\(hello)}")
        #expect(try response.member("choices.0.message.content") == "Hey")
        #expect(try response.member("choices.0.finish_reason") == "length")
    }
}
