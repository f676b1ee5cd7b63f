import Hummingbird
import Randomness
import Serving
import Testing

/// Requests that nobody means: whatever the body, the answer is a typed one and the process lives.
@Suite struct FuzzTests {
    private static let seeds = [
        #"{"model":"twin-moe","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"stream":true}"#,
        #"{"messages":[{"role":"system","content":"x"},{"role":"user","content":"y"}],"temperature":0.5,"n":2,"seed":1}"#,
        #"{"prompt":["a b","c"],"max_tokens":5,"stop":["x"],"top_k":5,"stream_options":{"include_usage":true}}"#,
        #"{"prompt":[[1,2],[3]],"echo":false,"logprobs":null,"min_p":0.1,"max_completion_tokens":3}"#,
    ]
    private static let pieces = [
        "null", "true", "[]", "{}", "-1", "1e400", "99999999999999999999", "\"\\ud800\"", "\"", "[", "{", "}", "]",
        ",", ":", "\0", "\u{FF}", "\"n\":", "\"stop\":", "\"prompt\":", "\"messages\":",
    ]

    @Test(arguments: 0..<8)
    func damagedRequestsGetTypedAnswers(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let bodies = (0..<40).map { _ in damaged(using: &random) }
        let server = ServerUnderTest()
        try await server.makeServer().application.test(.router) { client in
            for (index, body) in bodies.enumerated() {
                let path = index % 2 == 0 ? "/v1/chat/completions" : "/v1/completions"
                let response = try await client.executeRequest(
                    uri: path, method: .post, headers: [.contentType: "application/json"],
                    body: ByteBuffer(bytes: body))
                #expect([200, 400, 404].contains(response.status.code), "seed \(seed), body \(index)")
                if response.status != .ok {
                    let error = try JSONParser.parse([UInt8](buffer: response.body)).member("error.message")
                    #expect(error?.kind == "a string", "seed \(seed), body \(index)")
                }
            }
        }
    }

    private func damaged(using random: inout SplitMix64) -> [UInt8] {
        var bytes = [UInt8]((Self.seeds.randomElement(using: &random) ?? "").utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[place] = .random(in: 0...255, using: &random)
            case 1:
                let end = min(bytes.count - 1, place + Int.random(in: 1...8, using: &random))
                bytes.removeSubrange(place..<end)
            default: bytes.insert(contentsOf: (Self.pieces.randomElement(using: &random) ?? "").utf8, at: place)
            }
        }
        return bytes
    }
}
