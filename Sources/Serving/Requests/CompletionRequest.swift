import Inference

/// The body of `POST /v1/completions`.
struct CompletionRequest {
    /// A text to go on with, or the tokens of one.
    enum Prompt: Equatable {
        case text(String)
        case tokens([TokenID])
    }

    let prompts: [Prompt]
    /// Begin the answer with the prompt.
    let echo: Bool
    let parameters: AnswerParameters

    /// What the OpenAI API takes where the client does not say.
    private static let defaultMaxTokens = 16

    init(_ object: JSONObject, modelID: String, configuration: ServerConfiguration) throws(APIError) {
        let reader = FieldReader(object: object)
        try UnsupportedFields.check(reader, known: AnswerParameters.fields.union(["echo", "prompt"]))
        var parameters = try AnswerParameters(reader, modelID: modelID, configuration: configuration)
        parameters.maxTokens = parameters.maxTokens ?? Self.defaultMaxTokens
        self.parameters = parameters
        prompts = try Self.prompts(reader)
        guard prompts.count * parameters.choices <= configuration.maxChoices else {
            throw .invalid(
                "\(prompts.count) prompts with n = \(parameters.choices) are more than the "
                    + "\(configuration.maxChoices) answers that one request may ask for.", param: "prompt")
        }
        echo = try reader.bool("echo") ?? false
        if echo, prompts.contains(where: { if case .tokens = $0 { true } else { false } }) {
            throw .unsupported("echo is only supported for prompts that are texts.", param: "echo")
        }
    }

    /// A text, several texts, the tokens of one prompt, or the tokens of several.
    private static func prompts(_ reader: FieldReader) throws(APIError) -> [Prompt] {
        let elements: [JSONValue]
        switch reader.value("prompt") {
        case .string(let text): return [.text(text)]
        case .array(let array): elements = array
        case nil: throw .invalid("prompt is missing.", param: "prompt")
        case .some(let other): throw reader.wrongType("prompt", other, expected: "a string or an array")
        }
        guard let first = elements.first else { throw .invalid("prompt is an empty array.", param: "prompt") }
        if case .integer = first { return [.tokens(try tokens(elements, path: "prompt"))] }
        var prompts: [Prompt] = []
        for (index, element) in elements.enumerated() {
            switch (first, element) {
            case (.string, .string(let text)): prompts.append(.text(text))
            case (.array, .array(let ids)): prompts.append(.tokens(try tokens(ids, path: "prompt[\(index)]")))
            default:
                throw .invalid(
                    "prompt must hold only strings, only tokens, or only arrays of tokens.", param: "prompt[\(index)]")
            }
        }
        return prompts
    }

    private static func tokens(_ values: [JSONValue], path: String) throws(APIError) -> [TokenID] {
        var tokens: [TokenID] = []
        tokens.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            guard case .integer(let integer) = value, let token = TokenID(exactly: integer) else {
                throw .invalid("\(path)[\(index)] is not a token.", param: "\(path)[\(index)]")
            }
            tokens.append(token)
        }
        return tokens
    }
}
