import ChatTemplates
import Checkpoints
import Foundation

/// Templates in Hugging Face folders: `chat_template.jinja`, `chat_template.json`, or `chat_template` in
/// `tokenizer_config.json`, the first that there is. The last two hold the text or a list of named templates.
extension PromptTemplate {
    /// The largest published tokenizer configurations have some MB, nearly all of it added tokens.
    private static let largestFile = 64 << 20

    init(folder path: String) throws {
        let config = try Self.object("tokenizer_config.json", in: path)
        let templates =
            try Self.text("chat_template.jinja", in: path).map { ["default": $0] }
            ?? Self.templates(Self.object("chat_template.json", in: path)) ?? Self.templates(config) ?? [:]
        let toolUse = try Self.text("additional_chat_templates/tool_use.jinja", in: path) ?? templates["tool_use"]
        guard let source = templates["default"] ?? toolUse else { throw PromptError.noChatTemplate }
        self.init(source: source)
        self.toolUse = toolUse
        for member in config?.members ?? [] where member.key.hasSuffix("_token") {
            if let text = Self.spelling(member.value) { specialTokens[member.key] = text }
        }
    }

    /// The template that a folder has for conversations without tools; nil where it has none.
    static func source(inFolder path: String) throws -> String? {
        do { return try PromptTemplate(folder: path).source } catch PromptError.noChatTemplate { return nil }
    }

    private static func templates(_ file: TemplateObject?) -> [String: String]? {
        switch file?["chat_template"] {
        case .string(let source): return ["default": source]
        case .array(let list):
            var templates: [String: String] = [:]
            for case .object(let entry) in list {
                guard case .string(let name) = entry["name"], case .string(let source) = entry["template"] else {
                    continue
                }
                templates[name] = source
            }
            return templates
        default: return nil
        }
    }

    /// A special token is written as a string or as an object with its `content`.
    private static func spelling(_ value: TemplateValue) -> String? {
        switch value {
        case .string(let text): text
        case .object(let token): if case .string(let text) = token["content"] { text } else { nil }
        default: nil
        }
    }

    private static func object(_ name: String, in folder: String) throws -> TemplateObject? {
        guard let data = try data(name, in: folder) else { return nil }
        do throws(TemplateJSONError) {
            if case .object(let object) = try TemplateValue(json: data) { return object }
        } catch {
            throw CheckpointError(file: "\(folder)/\(name)", offset: error.offset, reason: error.message)
        }
        throw CheckpointError(file: "\(folder)/\(name)", reason: "must be a JSON object")
    }

    private static func text(_ name: String, in folder: String) throws -> String? {
        try data(name, in: folder).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func data(_ name: String, in folder: String) throws -> Data? {
        let path = "\(folder)/\(name)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let attributes = try FileManager.default.attributesOfItem(
            atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
        guard attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? Int else {
            throw CheckpointError(file: path, reason: "is not a regular file")
        }
        guard size <= largestFile else {
            throw CheckpointError(file: path, reason: "has \(size) bytes, above the limit of \(largestFile)")
        }
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }
}
