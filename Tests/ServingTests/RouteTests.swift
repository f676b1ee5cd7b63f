import Foundation
import Hummingbird
import Serving
import Testing

@Suite struct RouteTests {
    private let server = ServerUnderTest()

    @Test func healthSaysOk() async throws {
        let response = try await server.ask("/health")
        #expect(response.status == .ok)
        #expect(response.text == #"{"status":"ok"}"#)
    }

    @Test func modelsAreListed() async throws {
        let list = try await server.ask("/v1/models")
        #expect(try list.member("object") == "list")
        #expect(try list.member("data.0.id") == "twin-moe")
        #expect(try list.member("data.0.context_length") == 64)
        let single = try await server.ask("/v1/models/twin-moe")
        #expect(try single.member("id") == "twin-moe")
        #expect(try await server.ask("/v1/models/twin%2Dmoe").status == .ok)
    }

    @Test(arguments: [
        ("/v1/models/gpt-4", "model_not_found"), ("/v1/models/", "unknown_url"), ("/v1/models/%FF", "unknown_url"),
        ("/v1/embeddings", "unknown_url"), ("/nothing", "unknown_url"), ("/health/", "unknown_url"),
    ])
    func whatIsNotThereIs404(path: String, code: String) async throws {
        let response = try await server.ask(path)
        #expect(response.status == .notFound)
        #expect(try response.member("error.code") == .string(code))
        #expect(try response.member("error.type") == "invalid_request_error")
    }

    @Test(arguments: [
        ("/health", HTTPRequest.Method.post, "GET, HEAD"), ("/v1/chat/completions", .get, "POST"),
        ("/v1/completions", .delete, "POST"), ("/", .put, "GET, HEAD"), ("/v1/experts/live", .head, "GET"),
    ])
    func wrongMethodsAre405(path: String, method: HTTPRequest.Method, allowed: String) async throws {
        let response = try await server.ask(path, method)
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers[.allow] == allowed)
    }

    @Test func headHasNoBody() async throws {
        let response = try await server.ask("/health", .head)
        #expect(response.status == .ok)
        #expect(response.text.isEmpty)
        #expect(response.headers[.contentLength] == "15")
    }

    @Test func queriesAreNoPartOfThePath() async throws {
        #expect(try await server.ask("/health?verbose=1").status == .ok)
    }

    @Test func pageComesWithAStrictPolicy() async throws {
        let response = try await server.ask("/")
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "text/html; charset=utf-8")
        let policy = try #require(response.headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'none';"))
        // Nothing in the page may be loaded from elsewhere, and no answer may become markup.
        for forbidden in ["src=\"http", "href=\"http", "url(http", "innerHTML", "insertAdjacentHTML", "eval("] {
            #expect(!response.text.contains(forbidden), "\(forbidden)")
        }
    }

    @Test func expertsAreShown() async throws {
        server.twin.addLoad(layer: 1, expert: 2, tokens: 3)
        server.twin.addLoad(layer: 1, expert: 0, tokens: 1)
        let response = try await server.ask("/v1/experts")
        #expect(try response.member("model.experts") == 4)
        #expect(try response.member("model.experts_per_token") == 2)
        #expect(try response.member("layers.0.tokens") == [0, 0, 0, 0])
        #expect(try response.member("layers.1.tokens") == [1, 0, 3, 0])
        #expect(try response.member("layers.1.imbalance") == .number(3.0))
        guard case .array(let shares) = try response.member("layers.1.shares") else {
            Issue.record("no shares")
            return
        }
        #expect(shares.map { String(decoding: $0.utf8, as: UTF8.self) } == ["0.25", "0.0", "0.75", "0.0"])
    }
}
