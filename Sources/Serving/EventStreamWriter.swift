import Hummingbird

/// Writes server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html
struct EventStreamWriter {
    private var writer: any ResponseBodyWriter
    private(set) var lastWrite = ContinuousClock.now

    init(_ writer: any ResponseBodyWriter) {
        self.writer = writer
    }

    /// Headers of a stream of events: never stored, never held back by a proxy, the connection ends with it.
    static let headers: HTTPFields = {
        var headers: HTTPFields = [
            .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache", .connection: "close",
        ]
        if let accelBuffering = HTTPFields.Element.Name("X-Accel-Buffering") { headers[accelBuffering] = "no" }
        return headers
    }()

    /// One event. JSON has no line feeds in it, so it fits one `data` line.
    mutating func send(_ json: JSONValue, event: String? = nil) async throws {
        let name = event.map { "event: \($0)\n" } ?? ""
        try await write([UInt8]("\(name)data: ".utf8) + json.utf8 + [0x0A, 0x0A])
    }

    /// The word that ends a stream of the OpenAI API.
    mutating func sendDone() async throws {
        try await write([UInt8]("data: [DONE]\n\n".utf8))
    }

    /// A comment, which clients skip, when nothing was written for `seconds`.
    mutating func keepAlive(after seconds: Double) async throws {
        guard lastWrite.duration(to: .now) >= .seconds(seconds) else { return }
        try await write([UInt8](": keep-alive\n\n".utf8))
    }

    func finish() async throws {
        try await writer.finish(nil)
    }

    private mutating func write(_ bytes: [UInt8]) async throws {
        try await writer.write(ByteBuffer(bytes: bytes))
        lastWrite = .now
    }
}
