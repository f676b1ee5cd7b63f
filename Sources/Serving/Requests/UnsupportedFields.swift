/// Fields of the OpenAI API that are not acted upon.
///
/// A field that would change the answer is refused by name unless its value asks for what happens anyway. Ignoring it
/// would be a wrong answer that looks right. A name that nobody knows is refused too: it may be a typing error.
enum UnsupportedFields {
    /// Refuses what must be refused in the body; `known` are the names that the caller reads itself.
    static func check(_ reader: FieldReader, known: Set<String>) throws(APIError) {
        for name in reader.object.names where !known.contains(name) && !ignored.contains(name) {
            guard let isNeutral = neutral[name] else {
                throw .invalid(
                    "Unrecognized request argument supplied: \(name)", param: reader.param(name),
                    code: "unknown_parameter")
            }
            if let value = reader.value(name), !isNeutral(value) {
                throw .unsupported("\(name) is not supported by this server.", param: reader.param(name))
            }
        }
    }

    /// Fields that are about accounts, caches and speed, not about the answer.
    private static let ignored: Set<String> = [
        "metadata", "parallel_tool_calls", "prediction", "prompt_cache_key", "prompt_cache_retention",
        "safety_identifier", "service_tier", "store", "user",
    ]

    /// Fields that would change the answer, and when they do not.
    private static let neutral: [String: @Sendable (JSONValue) -> Bool] = [
        "audio": { _ in false },
        "best_of": { $0 == 1 },
        "frequency_penalty": isZero,
        "function_call": isNoChoice,
        "functions": isEmpty,
        "logit_bias": isEmpty,
        "logprobs": { $0 == false },
        "modalities": { $0 == ["text"] },
        "presence_penalty": isZero,
        "reasoning_effort": { _ in false },
        "repetition_penalty": { $0 == 1 || $0 == .number(1) },
        "response_format": { $0 == ["type": "text"] },
        "suffix": { $0 == "" },
        "tool_choice": isNoChoice,
        "tools": isEmpty,
        "top_logprobs": isZero,
        "verbosity": { $0 == "medium" },
        "web_search_options": { _ in false },
    ]

    private static let isZero: @Sendable (JSONValue) -> Bool = { $0 == 0 || $0 == .number(0) || $0 == .number(-0.0) }
    private static let isEmpty: @Sendable (JSONValue) -> Bool = { $0 == [] || $0 == .object(JSONObject()) }
    private static let isNoChoice: @Sendable (JSONValue) -> Bool = { $0 == "none" || $0 == "auto" }
}
