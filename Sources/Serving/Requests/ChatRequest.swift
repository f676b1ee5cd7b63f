import Inference

/// The body of `POST /v1/chat/completions`.
struct ChatRequest {
    let messages: [ChatMessage]
    let parameters: AnswerParameters

    init(_ object: JSONObject, modelID: String, configuration: ServerConfiguration) throws(APIError) {
        let reader = FieldReader(object: object)
        try UnsupportedFields.check(reader, known: AnswerParameters.fields.union(["messages"]))
        parameters = try AnswerParameters(reader, modelID: modelID, configuration: configuration)
        guard let values = try reader.array("messages"), !values.isEmpty else {
            throw .invalid("messages must be an array with at least one message.", param: "messages")
        }
        var messages: [ChatMessage] = []
        for (index, value) in values.enumerated() {
            messages.append(try Self.message(value, path: "messages[\(index)]"))
        }
        self.messages = messages
    }

    /// Assistant messages that a client got from this API come back with these, empty.
    private static let echoedFields: Set<String> = [
        "annotations", "name", "reasoning_content", "refusal", "tool_call_id",
    ]

    private static func message(_ value: JSONValue, path: String) throws(APIError) -> ChatMessage {
        guard case .object(let object) = value else {
            throw .invalid("\(path) must be an object, but is \(value.kind).", param: path)
        }
        let reader = FieldReader(object: object, path: path)
        let role = try role(reader)
        if case .array(let calls) = reader.value("tool_calls"), !calls.isEmpty {
            throw .unsupported("Tool calls are not supported by this server.", param: reader.param("tool_calls"))
        }
        try UnsupportedFields.check(reader, known: echoedFields.union(["content", "role", "tool_calls"]))
        return ChatMessage(role: role, content: try content(reader, role: role))
    }

    /// Chat templates know no developers: OpenAI renamed `system` to that for newer models.
    private static func role(_ reader: FieldReader) throws(APIError) -> String {
        switch try reader.string("role") {
        case "developer": return "system"
        case .some(let role) where ["system", "user", "assistant", "tool"].contains(role): return role
        case let role:
            throw .invalid(
                "\(reader.param("role")) is \(role.map { "'\($0)'" } ?? "missing"), but must be one of system, "
                    + "developer, user, assistant and tool.", param: reader.param("role"))
        }
    }

    private static func content(_ reader: FieldReader, role: String) throws(APIError) -> String {
        switch reader.value("content") {
        case .string(let text):
            return text
        case .array(let parts):
            var texts: [String] = []
            for (index, part) in parts.enumerated() {
                texts.append(try text(of: part, path: reader.param("content[\(index)]")))
            }
            return texts.joined(separator: "\n")
        case nil where role == "assistant":
            return ""
        case nil:
            throw .invalid("\(reader.param("content")) is missing.", param: reader.param("content"))
        case .some(let other):
            throw reader.wrongType("content", other, expected: "a string or an array of parts")
        }
    }

    private static func text(of part: JSONValue, path: String) throws(APIError) -> String {
        guard case .object(let object) = part else {
            throw .invalid("\(path) must be an object, but is \(part.kind).", param: path)
        }
        let reader = FieldReader(object: object, path: path)
        guard let type = try reader.string("type"), type == "text" else {
            throw .unsupported("Only parts of type text are supported by this server.", param: reader.param("type"))
        }
        guard let text = try reader.string("text") else {
            throw .invalid("\(reader.param("text")) is missing.", param: reader.param("text"))
        }
        return text
    }
}
