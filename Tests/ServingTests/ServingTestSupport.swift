import Foundation
import Hummingbird
import HummingbirdTesting
import Inference
import Logging
import ServiceLifecycle
import Serving
import Telemetry
import Testing

/// A server with a twin behind it, for tests.
struct ServerUnderTest: Sendable {
    let twin: ServiceTwin
    var configuration = ServerConfiguration()

    init(_ twin: ServiceTwin = ServiceTwin(), configure: (inout ServerConfiguration) -> Void = { _ in }) {
        self.twin = twin
        configuration.port = 0
        configure(&configuration)
    }

    /// At most one server may use the registry; others get their own.
    func makeServer(
        _ registry: MetricsRegistry = MetricsRegistry(),
        onReady: @escaping @Sendable (GuildhallServer.Address) -> Void = { _ in }
    ) -> GuildhallServer {
        GuildhallServer(
            service: twin, configuration: configuration, metrics: registry,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), onReady: onReady)
    }

    /// Asks without a socket.
    func ask(
        _ path: String, _ method: HTTPRequest.Method = .get, body: String? = nil,
        contentType: String = "application/json", origin: String? = nil
    ) async throws -> TestResponse {
        var headers: HTTPFields = body == nil ? [:] : [.contentType: contentType]
        headers[.origin] = origin
        return try await makeServer().application.test(.router) { [headers] client in
            try await client.executeRequest(
                uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        }
    }

    func post(_ path: String, _ body: String) async throws -> TestResponse { try await ask(path, .post, body: body) }
    func chat(_ body: String) async throws -> TestResponse { try await post("/v1/chat/completions", body) }
    func complete(_ body: String) async throws -> TestResponse { try await post("/v1/completions", body) }

    /// Runs the server on a free port, and shuts it down gracefully at the end.
    func live<Value: Sendable>(_ body: @Sendable (LiveServer) async throws -> Value) async throws -> Value {
        let (ports, portSource) = AsyncStream.makeStream(of: Int.self)
        let server = makeServer { address in
            portSource.yield(address.port)
            portSource.finish()
        }
        let group = ServiceGroup(configuration: .init(services: [server], logger: Logger(label: "test")))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
            let value = try await body(LiveServer(port: port, group: group))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return value
        }
    }
}

struct LiveServer: Sendable {
    let port: Int
    let group: ServiceGroup

    /// Runs `body` with a connection of its own.
    func connect<Value: Sendable>(_ body: @escaping @Sendable (TestClient) async throws -> Value) async throws -> Value
    {
        try await TestClient.withClient(host: "127.0.0.1", port: port, operation: body)
    }

    static func post(_ path: String, _ body: String) -> TestClient.Request {
        TestClient.Request(
            path, method: .post, authority: "localhost", headers: [.contentType: "application/json"],
            body: ByteBuffer(string: body))
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }

    func json() throws -> JSONValue { try JSONParser.parse([UInt8](text.utf8)) }

    /// The member at a path like `error.code` or `choices.0.text`.
    func member(_ path: String) throws -> JSONValue? { try json().member(path) }

    /// The data of every event of a stream, in order; comments are left out.
    func events() throws -> [String] { try splitEvents(text) }
}

/// Splits a stream into the data of its events, and insists on its framing.
func splitEvents(_ text: String) throws -> [String] {
    #expect(text.isEmpty || text.hasSuffix("\n\n"))
    return try text.components(separatedBy: "\n\n").filter { !$0.isEmpty && !$0.hasPrefix(":") }.map { block in
        let line = try #require(block.split(separator: "\n").last)
        #expect(line.hasPrefix("data: "))
        return String(line.dropFirst(6))
    }
}

extension JSONValue {
    func member(_ path: String) -> JSONValue? {
        path.split(separator: ".").reduce(Optional(self)) { value, step in
            switch value {
            case .object(let object): return object[String(step)]
            case .array(let elements):
                guard let index = Int(step), elements.indices.contains(index) else { return nil }
                return elements[index]
            default: return nil
            }
        }
    }
}

/// Waits until `condition` holds; false if it does not within some seconds.
func eventually(_ condition: @Sendable () async -> Bool) async -> Bool {
    for _ in 0..<1000 {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return false
}
