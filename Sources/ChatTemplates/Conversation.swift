import Foundation

/// A conversation as a JSON object: what transformers' `apply_chat_template` is called with.
///
/// `messages`, `tools`, `add_generation_prompt`, `bos_token` and `eos_token` have the meaning they have there; every
/// other member becomes a variable of its own, such as `enable_thinking` or `documents`. Members that are missing have
/// transformers' defaults: no tools, and no generation prompt.
public struct Conversation: Sendable {
    /// Why JSON is not a conversation.
    public enum InputError: Error, Sendable, Equatable, CustomStringConvertible {
        case json(TemplateJSONError)
        case noObject
        case field(String, expected: String)

        public var description: String {
            switch self {
            case .json(let error): "\(error)"
            case .noObject: "must be a JSON object"
            case .field(let name, let expected): "'\(name)' must be \(expected)"
            }
        }
    }

    private let members: TemplateObject

    /// Reads the object.
    public init(json: Data) throws(InputError) {
        let value: TemplateValue
        do throws(TemplateJSONError) { value = try TemplateValue(json: json) } catch { throw .json(error) }
        try self.init(value)
    }

    /// Takes the object; `messages` is required.
    public init(_ value: TemplateValue) throws(InputError) {
        guard case .object(let members) = value else { throw .noObject }
        self.members = members
        guard case .array = members["messages"] else { throw .field("messages", expected: "an array") }
        switch members["tools"] {
        case nil, .null, .array: break
        default: throw .field("tools", expected: "an array or null")
        }
        switch members["add_generation_prompt"] {
        case nil, .null, .bool: break
        default: throw .field("add_generation_prompt", expected: "true or false")
        }
        for name in ["bos_token", "eos_token"] {
            switch members[name] {
            case nil, .null, .string: break
            default: throw .field(name, expected: "a string")
            }
        }
    }

    /// Whether the conversation comes with tools: checkpoints may have a template of its own for that.
    public var hasTools: Bool {
        if case .array = members["tools"] { true } else { false }
    }

    /// What the template sees.
    ///
    /// - Parameters:
    ///   - specialTokens: `bos_token`, `eos_token` and the other special tokens of the checkpoint by name, where the
    ///     conversation does not give them.
    ///   - now: the time `strftime_now` writes, in `timeZone`.
    public func context(
        specialTokens: [String: String] = [:], now: Date = Date(), timeZone: TimeZone = .current
    ) -> TemplateContext {
        var context = TemplateContext(
            messages: members["messages"] ?? .array([]), tools: members["tools"],
            addGenerationPrompt: members["add_generation_prompt"] == .bool(true), now: now, timeZone: timeZone)
        context.variables = specialTokens.mapValues { .string($0) }
        let known: Set<String> = ["messages", "tools", "add_generation_prompt"]
        for member in members.members where !known.contains(member.key) {
            let isTokenLeftOut = ["bos_token", "eos_token"].contains(member.key) && member.value == .null
            if !isTokenLeftOut { context.variables[member.key] = member.value }
        }
        return context
    }
}
