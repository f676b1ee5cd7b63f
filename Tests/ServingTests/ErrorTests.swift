import Hummingbird
import Inference
import Serving
import Testing

@Suite struct ErrorTests {
    private static let hello = #""messages":[{"role":"user","content":"hi"}]"#

    /// Body, the field that `param` must name, and the code.
    static let badChats: [(String, String?, String?)] = [
        ("", nil, nil), ("{", nil, nil), ("[]", nil, nil), ("null", nil, nil), ("\"x\"", nil, nil),
        ("{\(hello)} {}", nil, nil), ("{\(hello),\"temperature\":NaN}", nil, nil),
        ("{\(hello),\"temperature\":1e999}", nil, nil), ("{\(hello),\(hello)}", nil, nil),
        ("{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}", nil, nil),
        ("{}", "messages", nil), (#"{"messages":null}"#, "messages", nil), (#"{"messages":[]}"#, "messages", nil),
        (#"{"messages":"hi"}"#, "messages", nil), (#"{"messages":[1]}"#, "messages[0]", nil),
        (#"{"messages":[{}]}"#, "messages[0].role", nil),
        (#"{"messages":[{"role":"robot","content":"x"}]}"#, "messages[0].role", nil),
        (#"{"messages":[{"role":5,"content":"x"}]}"#, "messages[0].role", nil),
        (#"{"messages":[{"role":"user"}]}"#, "messages[0].content", nil),
        (#"{"messages":[{"role":"user","content":5}]}"#, "messages[0].content", nil),
        (#"{"messages":[{"role":"user","content":[5]}]}"#, "messages[0].content[0]", nil),
        (#"{"messages":[{"role":"user","content":[{"type":"text"}]}]}"#, "messages[0].content[0].text", nil),
        (
            #"{"messages":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"image_url"}]}]}"#,
            "messages[1].content[0].type", "unsupported_parameter"
        ),
        (
            #"{"messages":[{"role":"assistant","tool_calls":[{"id":"1"}]}]}"#, "messages[0].tool_calls",
            "unsupported_parameter"
        ),
        (#"{"messages":[{"role":"user","content":"x","mood":"good"}]}"#, "messages[0].mood", "unknown_parameter"),
        ("{\(hello),\"model\":5}", "model", nil), ("{\(hello),\"stream\":\"yes\"}", "stream", nil),
        ("{\(hello),\"stream\":1}", "stream", nil), ("{\(hello),\"temperature\":\"hot\"}", "temperature", nil),
        ("{\(hello),\"temperature\":2.5}", "temperature", nil), ("{\(hello),\"temperature\":-1}", "temperature", nil),
        ("{\(hello),\"top_p\":1.5}", "top_p", nil), ("{\(hello),\"min_p\":-0.1}", "min_p", nil),
        ("{\(hello),\"top_k\":-2}", "top_k", nil), ("{\(hello),\"top_k\":1.5}", "top_k", nil),
        ("{\(hello),\"max_tokens\":0}", "max_tokens", nil), ("{\(hello),\"max_tokens\":1.5}", "max_tokens", nil),
        ("{\(hello),\"max_tokens\":99999999999999999999}", "max_tokens", nil),
        ("{\(hello),\"max_completion_tokens\":-1}", "max_completion_tokens", nil),
        ("{\(hello),\"seed\":\"x\"}", "seed", nil), ("{\(hello),\"seed\":1e300}", "seed", nil),
        ("{\(hello),\"n\":0}", "n", nil), ("{\(hello),\"n\":17}", "n", nil), ("{\(hello),\"stop\":5}", "stop", nil),
        ("{\(hello),\"stop\":[\"a\",5]}", "stop[1]", nil), ("{\(hello),\"stop\":\"\"}", "stop[0]", nil),
        ("{\(hello),\"stop\":[\(Array(repeating: "\"a\"", count: 17).joined(separator: ","))]}", "stop", nil),
        ("{\(hello),\"stream_options\":{\"include_usage\":true}}", "stream_options", nil),
        ("{\(hello),\"stream\":true,\"stream_options\":5}", "stream_options", nil),
        ("{\(hello),\"stream\":true,\"stream_options\":{\"include_usage\":1}}", "stream_options.include_usage", nil),
        ("{\(hello),\"tools\":[{}]}", "tools", "unsupported_parameter"),
        ("{\(hello),\"logprobs\":true}", "logprobs", "unsupported_parameter"),
        ("{\(hello),\"top_logprobs\":2}", "top_logprobs", "unsupported_parameter"),
        ("{\(hello),\"response_format\":{\"type\":\"json_object\"}}", "response_format", "unsupported_parameter"),
        ("{\(hello),\"frequency_penalty\":0.5}", "frequency_penalty", "unsupported_parameter"),
        ("{\(hello),\"logit_bias\":{\"5\":1}}", "logit_bias", "unsupported_parameter"),
        ("{\(hello),\"temprature\":0}", "temprature", "unknown_parameter"),
        ("{\(hello),\"prompt\":\"x\"}", "prompt", "unknown_parameter"),
        (#"{"messages":[{"role":"user","content":""}]}"#, "messages", "empty_prompt"),
    ]

    @Test(arguments: badChats)
    func badChatsAreRefused(body: String, param: String?, code: String?) async throws {
        try await expectRefusal("/v1/chat/completions", body: body, param: param, code: code)
    }

    static let badCompletions: [(String, String?, String?)] = [
        ("{}", "prompt", nil), (#"{"prompt":5}"#, "prompt", nil), (#"{"prompt":[]}"#, "prompt", nil),
        (#"{"prompt":[1,"a"]}"#, "prompt[1]", nil), (#"{"prompt":["a",1]}"#, "prompt[1]", nil),
        (#"{"prompt":[[1],2]}"#, "prompt[1]", nil), (#"{"prompt":[[1,1.5]]}"#, "prompt[0][1]", nil),
        (#"{"prompt":[5000000000]}"#, "prompt[0]", nil), (#"{"prompt":[true]}"#, "prompt[0]", nil),
        (#"{"prompt":[1000]}"#, "prompt", "unknown_token"), (#"{"prompt":[-1]}"#, "prompt", "unknown_token"),
        (#"{"prompt":[[]]}"#, "prompt", "empty_prompt"), (#"{"prompt":""}"#, "prompt", "empty_prompt"),
        (#"{"prompt":["a","b","c"],"n":6}"#, "prompt", nil), (#"{"prompt":"a","echo":1}"#, "echo", nil),
        (#"{"prompt":[1],"echo":true}"#, "echo", "unsupported_parameter"),
        (#"{"prompt":"a","logprobs":0}"#, "logprobs", "unsupported_parameter"),
        (#"{"prompt":"a","best_of":2}"#, "best_of", "unsupported_parameter"),
        (#"{"prompt":"a","suffix":"b"}"#, "suffix", "unsupported_parameter"),
        (#"{"prompt":"a","messages":[]}"#, "messages", "unknown_parameter"),
    ]

    @Test(arguments: badCompletions)
    func badCompletionsAreRefused(body: String, param: String?, code: String?) async throws {
        try await expectRefusal("/v1/completions", body: body, param: param, code: code)
    }

    private func expectRefusal(_ path: String, body: String, param: String?, code: String?) async throws {
        let server = ServerUnderTest()
        let response = try await server.post(path, body)
        #expect(response.status == .badRequest, "\(body)")
        #expect(try response.member("error.type") == "invalid_request_error")
        #expect(try response.member("error.param") == param.map { .string($0) } ?? .null, "\(response.text)")
        #expect(try response.member("error.code") == code.map { .string($0) } ?? .null, "\(response.text)")
        #expect(server.twin.requests.isEmpty)
    }

    @Test func promptThatFillsTheContextIsTooLong() async throws {
        let prompt = Array(repeating: "x", count: 64).joined(separator: " ")
        let response = try await ServerUnderTest().complete("{\"prompt\":\"\(prompt)\"}")
        #expect(response.status == .badRequest)
        #expect(try response.member("error.code") == "context_length_exceeded")
        guard case .string(let message) = try response.member("error.message") else { return }
        #expect(message.contains("maximum context length is 64 tokens"))
    }

    @Test func unknownModelIs404() async throws {
        let response = try await ServerUnderTest().chat("{\(Self.hello),\"model\":\"gpt-4\"}")
        #expect(response.status == .notFound)
        #expect(try response.member("error.code") == "model_not_found")
        #expect(try response.member("error.param") == "model")
    }

    /// Pages of other sites can send these types without being asked; programs have no origin.
    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
    func otherContentTypesFromPagesAre415(type: String) async throws {
        let server = ServerUnderTest()
        let path = "/v1/chat/completions"
        let body = "{\(Self.hello)}"
        let page = try await server.ask(path, .post, body: body, contentType: type, origin: "http://evil.example")
        #expect(page.status == .unsupportedMediaType)
        #expect(try await server.ask(path, .post, body: body, contentType: type).status == .ok)
        let json = "Application/JSON; charset=utf-8"
        let own = try await server.ask(path, .post, body: body, contentType: json, origin: "http://127.0.0.1:8080")
        #expect(own.status == .ok)
    }

    @Test func bodiesBeyondTheLimitAre413() async throws {
        let server = ServerUnderTest { $0.maxBodyBytes = 100 }
        let response = try await server.complete("{\"prompt\":\"\(String(repeating: "a ", count: 100))\"}")
        #expect(response.status == .contentTooLarge)
        #expect(try response.member("error.code") == "request_too_large")
    }

    @Test func chunkedBodiesBeyondTheLimitAre413Too() async throws {
        try await ServerUnderTest(configure: { $0.maxBodyBytes = 100 }).live { server in
            try await server.raw { connection in
                try await connection.send(
                    "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<4 { try await connection.send("40\r\n\(String(repeating: " ", count: 64))\r\n") }
                #expect(try await connection.read(until: "}}").hasPrefix("HTTP/1.1 413"))
            }
        }
    }

    @Test func bodiesThatDoNotArriveAre408() async throws {
        try await ServerUnderTest(configure: { $0.bodySeconds = 0 }).live { server in
            try await server.raw { connection in
                try await connection.send(
                    "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 50\r\n\r\n{")
                #expect(try await connection.read(until: "}}").hasPrefix("HTTP/1.1 408"))
            }
        }
    }

    @Test func fullQueueIs429() async throws {
        let server = ServerUnderTest(ServiceTwin { _ throws(AdmissionError) in throw .tooManyWaiting(limit: 7) })
        for body in ["{\(Self.hello)}", "{\(Self.hello),\"stream\":true}"] {
            let response = try await server.chat(body)
            #expect(response.status == .tooManyRequests)
            #expect(response.headers[.retryAfter] == "1")
            #expect(try response.member("error.type") == "rate_limit_error")
            #expect(try response.member("error.code") == "rate_limit_exceeded")
        }
    }

    @Test func engineThatShutsDownIs503() async throws {
        let server = ServerUnderTest(ServiceTwin { _ throws(AdmissionError) in throw .shuttingDown })
        let response = try await server.chat("{\(Self.hello)}")
        #expect(response.status == .serviceUnavailable)
        #expect(try response.member("error.code") == "shutting_down")
    }

    @Test func choicesBeforeARefusedOneAreStopped() async throws {
        let twin = ServiceTwin { request throws(AdmissionError) in
            guard request.sampling.seed == 1 else { throw .tooManyWaiting(limit: 1) }
            return ServiceTwin.endless
        }
        let response = try await ServerUnderTest(twin).chat("{\(Self.hello),\"n\":2,\"seed\":1}")
        #expect(response.status == .tooManyRequests)
        #expect(await eventually { twin.cancellations == 1 })
    }

    @Test func failedGenerationIs500WithoutInternals() async throws {
        let server = ServerUnderTest(ServiceTwin { _ in [.event(.failed("secret path /x"))] })
        let response = try await server.chat("{\(Self.hello)}")
        #expect(response.status == .internalServerError)
        #expect(try response.member("error.type") == "server_error")
        #expect(!response.text.contains("secret"))
    }

    @Test(arguments: [
        (PromptError.noChatTemplate, "no_chat_template"), (.refused("roles must alternate"), "chat_template_refused"),
        (.unsupported("macros"), "chat_template_unsupported"),
    ])
    func templateErrorsAre400(error: PromptError, code: String) async throws {
        let response = try await ServerUnderTest(ServiceTwin(promptError: error)).chat("{\(Self.hello)}")
        #expect(response.status == .badRequest)
        #expect(try response.member("error.code") == .string(code))
        #expect(try response.member("error.param") == "messages")
    }
}
