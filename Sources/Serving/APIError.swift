import Hummingbird

/// A refusal in the form that clients of the OpenAI API expect.
struct APIError: Error, Equatable {
    var status: HTTPResponse.Status
    var message: String
    var type = "invalid_request_error"
    /// The field that is wrong.
    var param: String?
    var code: String?
    /// Seconds after which a client may try again.
    var retryAfter: Int?

    var json: JSONValue {
        [
            "error": [
                "message": .string(message),
                "type": .string(type),
                "param": param.map { .string($0) } ?? .null,
                "code": code.map { .string($0) } ?? .null,
            ]
        ]
    }
}

extension APIError {
    static func invalid(_ message: String, param: String? = nil, code: String? = nil) -> APIError {
        APIError(status: .badRequest, message: message, param: param, code: code)
    }

    static func unsupported(_ message: String, param: String) -> APIError {
        APIError(status: .badRequest, message: message, param: param, code: "unsupported_parameter")
    }

    static func notFound(_ message: String, param: String? = nil, code: String) -> APIError {
        APIError(status: .notFound, message: message, param: param, code: code)
    }

    static func tooMany(_ message: String) -> APIError {
        APIError(
            status: .tooManyRequests, message: message, type: "rate_limit_error", code: "rate_limit_exceeded",
            retryAfter: 1)
    }

    static let shuttingDown = APIError(
        status: .serviceUnavailable, message: "The server is shutting down.", type: "server_error",
        code: "shutting_down", retryAfter: 5)

    /// Says nothing of what went wrong inside; the log does.
    static let generationFailed = APIError(
        status: .internalServerError, message: "The generation failed. The server's log says why.",
        type: "server_error", code: "generation_failed")

    static let generationCancelled = APIError(
        status: .serviceUnavailable, message: "The server gave this generation up.", type: "server_error",
        code: "generation_cancelled", retryAfter: 1)
}
