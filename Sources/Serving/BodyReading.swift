import Hummingbird

/// Reads a request's body whole, within limits of size and time, and parses it as a JSON object.
///
/// From a web page the content type must say JSON: browsers send other types across sites without asking, so insisting
/// keeps foreign pages from using a server on the same machine. Other programs may leave it out, as `curl -d` does.
func readJSONObject(_ request: Request, _ configuration: ServerConfiguration) async throws -> JSONObject {
    let type = request.headers[.contentType]?.lowercased().split(separator: ";").first ?? ""
    guard type.trimmingSpaces == "application/json" || request.headers[.origin] == nil else {
        throw APIError(status: .unsupportedMediaType, message: "The Content-Type must be application/json.")
    }
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > configuration.maxBodyBytes {
        throw APIError.bodyTooLarge(limit: configuration.maxBodyBytes)
    }
    let bytes = try await withDeadline(seconds: configuration.bodySeconds) {
        try await collect(request.body, limit: configuration.maxBodyBytes)
    }
    do {
        guard case .object(let object) = try JSONParser.parse(bytes) else {
            throw APIError.invalid("The body must be a JSON object.")
        }
        return object
    } catch let error as JSONError {
        throw APIError.invalid("The body is not valid JSON: \(error.message), at byte \(error.offset).")
    }
}

private func collect(_ body: RequestBody, limit: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await buffer in body {
        guard bytes.count + buffer.readableBytes <= limit else { throw APIError.bodyTooLarge(limit: limit) }
        bytes += buffer.readableBytesView
    }
    return bytes
}

/// Gives up with 408 when `work` takes longer.
private func withDeadline<Value: Sendable>(
    seconds: Int, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: .seconds(seconds))
            throw APIError(
                status: .requestTimeout, message: "The body did not arrive within \(seconds) seconds.",
                code: "request_timeout")
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}

extension APIError {
    fileprivate static func bodyTooLarge(limit: Int) -> APIError {
        APIError(
            status: .contentTooLarge, message: "The body is larger than \(limit) bytes.", code: "request_too_large")
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
