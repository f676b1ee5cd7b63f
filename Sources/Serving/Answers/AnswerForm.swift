import FoundationEssentials
import Inference

/// The JSON of one answer, as a whole and in pieces. Chats and plain completions differ in names and nesting only.
struct AnswerForm {
    enum Kind {
        case chat
        case completion
    }

    let kind: Kind
    let id: String
    /// Unix time in seconds.
    let created: Int64
    let model: String
    let fingerprint: String
    /// Whether pieces carry `"usage": null`, as they do when the last one has numbers.
    let mentionsUsage: Bool

    init(_ kind: Kind, model: String, version: String, mentionsUsage: Bool) {
        self.kind = kind
        self.model = model
        self.mentionsUsage = mentionsUsage
        id = (kind == .chat ? "chatcmpl-" : "cmpl-") + Self.randomName()
        created = Int64(Date().timeIntervalSince1970)
        fingerprint = "guildhall-\(version)"
    }

    /// 24 letters and digits: more than 140 random bits.
    private static func randomName() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<24).compactMap { _ in alphabet.randomElement() })
    }

    /// The whole answer; `choices` are texts and reasons in order.
    func whole(choices: [(text: String, reason: FinishReason)], tally: AnswerTally) -> JSONValue {
        let choices = choices.enumerated().map { index, choice in
            let text = JSONValue.string(choice.text)
            let content: (String, JSONValue) =
                kind == .chat ? ("message", ["role": "assistant", "content": text, "refusal": nil]) : ("text", text)
            return self.choice(index, content, reason: choice.reason)
        }
        return envelope(
            object: kind == .chat ? "chat.completion" : "text_completion", choices: choices,
            more: [("usage", tally.usage), ("guildhall", tally.timings)])
    }

    /// The piece that opens a choice of a chat; completions have none.
    func opening(choice index: Int) -> JSONValue? {
        guard kind == .chat else { return nil }
        return chunk([choice(index, ("delta", ["role": "assistant", "content": ""]), reason: nil)])
    }

    func piece(choice index: Int, text: String) -> JSONValue {
        let text = JSONValue.string(text)
        return chunk([choice(index, kind == .chat ? ("delta", ["content": text]) : ("text", text), reason: nil)])
    }

    func closing(choice index: Int, reason: FinishReason) -> JSONValue {
        let content: (String, JSONValue) = kind == .chat ? ("delta", [:]) : ("text", "")
        return chunk([choice(index, content, reason: reason)])
    }

    /// The last piece, with the numbers of all choices together.
    func usage(_ tally: AnswerTally) -> JSONValue {
        envelope(object: chunkObject, choices: [], more: [("usage", tally.usage), ("guildhall", tally.timings)])
    }

    private var chunkObject: String { kind == .chat ? "chat.completion.chunk" : "text_completion" }

    private func chunk(_ choices: [JSONValue]) -> JSONValue {
        envelope(object: chunkObject, choices: choices, more: mentionsUsage ? [("usage", .null)] : [])
    }

    private func choice(_ index: Int, _ content: (String, JSONValue), reason: FinishReason?) -> JSONValue {
        var object = JSONObject()
        object.append("index", .integer(index))
        object.append(content.0, content.1)
        object.append("logprobs", .null)
        object.append("finish_reason", reason.map { .string($0.rawValue) } ?? .null)
        return .object(object)
    }

    private func envelope(object name: String, choices: [JSONValue], more: [(String, JSONValue)]) -> JSONValue {
        var object = JSONObject()
        object.append("id", .string(id))
        object.append("object", .string(name))
        object.append("created", .integer(created))
        object.append("model", .string(model))
        object.append("system_fingerprint", .string(fingerprint))
        object.append("choices", .array(choices))
        for (name, value) in more { object.append(name, value) }
        return .object(object)
    }
}
