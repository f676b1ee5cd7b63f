import Foundation

/// What a template sees: the conversation and the variables that transformers gives to every template.
public struct TemplateContext: Sendable {
    /// Usually an array of objects with `role` and `content`.
    public var messages: TemplateValue
    /// JSON schemas of the tools the model may call; nil is `none` in the template, as in transformers.
    public var tools: TemplateValue?
    /// Whether the prompt ends where the assistant's answer begins.
    public var addGenerationPrompt: Bool
    /// Text of the begin-of-text token; undefined in the template where nil.
    public var bosToken: String?
    /// Text of the end-of-text token; undefined in the template where nil.
    public var eosToken: String?
    /// Further variables, such as `enable_thinking` or `documents`. They win over those above.
    public var variables: [String: TemplateValue]
    /// The time `strftime_now` formats.
    public var now: Date
    /// The time zone `strftime_now` formats in.
    public var timeZone: TimeZone

    public init(
        messages: TemplateValue, tools: TemplateValue? = nil, addGenerationPrompt: Bool = true,
        bosToken: String? = nil, eosToken: String? = nil, variables: [String: TemplateValue] = [:],
        now: Date = Date(), timeZone: TimeZone = .current
    ) {
        self.messages = messages
        self.tools = tools
        self.addGenerationPrompt = addGenerationPrompt
        self.bosToken = bosToken
        self.eosToken = eosToken
        self.variables = variables
        self.now = now
        self.timeZone = timeZone
    }

    var clock: Clock { Clock(now: now, timeZone: timeZone) }

    /// Every variable of the outermost scope, by name.
    var variablesInScope: [String: TemplateValue] {
        var all: [String: TemplateValue] = [
            "messages": messages, "tools": tools ?? .null, "documents": .null,
            "add_generation_prompt": .bool(addGenerationPrompt),
        ]
        all["bos_token"] = bosToken.map { .string($0) }
        all["eos_token"] = eosToken.map { .string($0) }
        return all.merging(variables) { _, given in given }
    }
}
