import Foundation

/// Which special tokens go around a text, and which begin and end one: the `post_processor` of `tokenizer.json`, and
/// `tokenizer_config.json`, which has the last word.
extension VocabularyDescription {
    /// Takes the tokens before and after the text from the template of the post-processor.
    mutating func readAffixes(_ file: TokenizerFile) throws(TokenizerError) {
        for component in try file.components("post_processor", listedIn: "processors") {
            switch component.type {
            case "ByteLevel": continue
            case "TemplateProcessing": try readTemplate(component.value, file, component.item)
            case "BertProcessing", "RobertaProcessing":
                prefix.append(try Self.named("cls", in: component.value, file, component.item))
                suffix.append(try Self.named("sep", in: component.value, file, component.item))
            default: throw file.error(component.item, "post-processor \(component.type) is not supported")
            }
        }
        beginOfText = prefix.first
    }

    /// The id of a token written as `["</s>", 2]`.
    private static func named(
        _ member: String, in processor: JSONTree, _ file: TokenizerFile, _ item: String
    ) throws(TokenizerError) -> TokenID {
        guard let pair = processor[member]?.array, pair.count == 2, let id = pair[1].id else {
            throw file.error(item, "\(member) is not a token and its id")
        }
        return id
    }

    private mutating func readTemplate(
        _ template: JSONTree, _ file: TokenizerFile, _ item: String
    ) throws(TokenizerError) {
        guard let parts = template["single"]?.array else { throw file.error(item, "has no template for one text") }
        var isAfterText = false
        for part in parts {
            guard part["Sequence"] == nil else {
                isAfterText = true
                continue
            }
            guard let name = part["SpecialToken"]?["id"]?.string,
                let ids = template["special_tokens"]?[name]?["ids"]?.array
            else { throw file.error(item, "a part of the template is neither text nor a special token") }
            for id in ids {
                guard let id = id.id else { throw file.error(item, "special token \(name) has a wrong id") }
                if isAfterText { suffix.append(id) } else { prefix.append(id) }
            }
        }
    }

    /// Takes begin and end token, whether they are added, and the chat template from `tokenizer_config.json`.
    mutating func readConfig(_ data: Data?) throws(TokenizerError) {
        guard let data else { return }
        let name = source + " (tokenizer_config.json)"
        let file = TokenizerFile(root: try JSONTree.parse(Array(data), source: name), source: name)
        beginOfText = try token("bos_token", file) ?? beginOfText
        endOfText = try token("eos_token", file)
        chatTemplate = Self.chatTemplate(file.root)
        if let adds = file.root["add_bos_token"]?.bool, let beginOfText {
            prefix.removeAll { $0 == beginOfText }
            if adds { prefix.insert(beginOfText, at: 0) }
        }
        if let adds = file.root["add_eos_token"]?.bool, let endOfText {
            suffix.removeAll { $0 == endOfText }
            if adds { suffix.append(endOfText) }
        }
    }

    /// The token that a member names, as a string or as an object with `content`.
    private func token(_ member: String, _ file: TokenizerFile) throws(TokenizerError) -> TokenID? {
        guard let value = file.root[member] else { return nil }
        guard let content = value.string ?? value["content"]?.string else {
            throw file.error(member, "is neither a string nor an added token")
        }
        // Names that the vocabulary lacks occur in published files; they stand for nothing.
        return pieces.firstIndex { $0.utf8.elementsEqual(content.utf8) }.map { TokenID($0) }
    }

    /// The template, or of several named ones the one called `default`.
    private static func chatTemplate(_ config: JSONTree) -> String? {
        guard let template = config["chat_template"] else { return nil }
        if let text = template.string { return text }
        return template.array?.first { $0["name"]?.string == "default" }?["template"]?.string
    }
}
