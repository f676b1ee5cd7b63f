import Inference

extension APIError {
    /// What a client should know of a refusal by the engine.
    ///
    /// - Parameter field: The field that holds the prompt.
    init(_ error: AdmissionError, field: String) {
        switch error {
        case .emptyPrompt:
            self = .invalid("The prompt is empty.", param: field, code: "empty_prompt")
        case .promptTooLong(let tokens, let limit):
            self = .invalid(
                "This model's maximum context length is \(limit) tokens. However, your prompt has \(tokens) tokens, "
                    + "which leaves no room for an answer. Please shorten it.",
                param: field, code: "context_length_exceeded")
        case .unknownToken(let token):
            self = .invalid("The vocabulary has no token \(token).", param: field, code: "unknown_token")
        case .tooManyWaiting(let limit):
            self = .tooMany("\(limit) requests are waiting already. Please try again later.")
        case .shuttingDown:
            self = .shuttingDown
        }
    }

    init(_ error: PromptError) {
        switch error {
        case .noChatTemplate:
            self = .invalid(
                "This model has no chat template. Please use /v1/completions.", param: "messages",
                code: "no_chat_template")
        case .refused(let reason):
            self = .invalid(
                "The model's chat template refused the messages: \(reason)", param: "messages",
                code: "chat_template_refused")
        case .unsupported(let reason):
            self = .invalid(
                "The model's chat template could not be used: \(reason)", param: "messages",
                code: "chat_template_unsupported")
        }
    }
}
