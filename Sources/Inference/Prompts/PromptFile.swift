import Activations
import Checkpoints
import Foundation

/// The prompts of one file.
struct PromptFile {
    private(set) var prompts: [LabelledPrompt] = []
    private let path: String
    private let name: String
    private let domain: String?

    /// Whether a file of this name is one of prompts. Licences and descriptions lie beside them.
    static func isRead(_ path: String) -> Bool {
        let url = URL(fileURLWithPath: path)
        return ["jsonl", "json", "tsv", "txt"].contains(url.pathExtension.lowercased())
            && !["PROVENANCE.txt", "LICENSE.txt", "README.txt"].contains(url.lastPathComponent)
    }

    /// - Parameter domain: of prompts whose entries name none; nil: the file's name.
    init(path: String, domain: String?) throws {
        self.path = path
        self.domain = domain
        let url = URL(fileURLWithPath: path)
        name = url.deletingPathExtension().lastPathComponent
        let data: Data
        do { data = try Data(contentsOf: url, options: .mappedIfSafe) } catch {
            throw PromptSetError(file: path, reason: error.localizedDescription)
        }
        guard data.count <= CheckpointLimits.default.textBytes else {
            throw PromptSetError(file: path, reason: "is larger than \(CheckpointLimits.default.textBytes) bytes")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw PromptSetError(file: path, reason: "is not UTF-8 text")
        }
        try read(text, kind: url.pathExtension.lowercased())
    }

    private mutating func read(_ text: String, kind: String) throws {
        switch kind {
        case "json": try readDocument(text)
        case "tsv":
            for (_, line) in lines(text) { add(String(line.prefix { $0 != "\t" }), entry: nil) }
        case "txt": for passage in passages(text) { add(passage, entry: nil) }
        default:
            for (number, line) in lines(text) {
                let value = try ConfigValue.parse(bytes: Array(line.utf8), file: "\(path), line \(number)")
                try add(entry: value, number: number)
            }
        }
    }

    /// An array of entries, or an object whose `examples` is one.
    private mutating func readDocument(_ text: String) throws {
        let value = try ConfigValue.parse(bytes: Array(text.utf8), file: path)
        guard let entries = value.arrayValue ?? value["examples"]?.arrayValue else {
            throw PromptSetError(file: path, reason: "is neither a list of prompts nor an object with examples")
        }
        for (number, entry) in entries.enumerated() { try add(entry: entry, number: number + 1) }
    }

    private mutating func add(entry: ConfigValue, number: Int) throws {
        let text = entry.stringValue ?? Self.textFields.lazy.compactMap { entry[$0]?.stringValue }.first
        let turn = entry["turns"]?.arrayValue?.first?.stringValue
        guard let text = text ?? turn else {
            let names = (Self.textFields + ["turns"]).joined(separator: ", ")
            throw PromptSetError(file: path, reason: "entry \(number) has none of \(names)")
        }
        add(text, entry: entry)
    }

    private mutating func add(_ text: String, entry: ConfigValue?) {
        guard !text.isEmpty else { return }
        let category = entry?["category"]?.stringValue ?? entry?["subject"]?.stringValue
        prompts.append(
            LabelledPrompt(
                label: RequestLabel(
                    id: "\(domain.map { $0 + "/" } ?? "")\(name)/\(prompts.count)",
                    domain: entry?["domain"]?.stringValue ?? domain ?? name, category: category ?? name),
                text: text))
    }

    /// Lines that are not empty, with their numbers. They end at a line feed alone: other separators may be within a text.
    private func lines(_ text: String) -> [(number: Int, text: Substring)] {
        text.utf8.split(separator: 10, omittingEmptySubsequences: false).enumerated().compactMap { index, bytes in
            let line = Substring(bytes.last == 13 ? bytes.dropLast() : bytes)
            return line.allSatisfy(\.isWhitespace) ? nil : (index + 1, line)
        }
    }

    /// Paragraphs, put together until they have some length.
    private func passages(_ text: String) -> [String] {
        var passages: [String] = []
        for paragraph in text.split(separator: "\n\n") {
            if let last = passages.last, last.utf8.count < Self.passageBytes {
                passages[passages.count - 1] = last + "\n\n" + paragraph
            } else {
                passages.append(String(paragraph))
            }
        }
        return passages
    }

    private static let textFields = ["prompt", "question", "text", "input", "instruction"]
    private static let passageBytes = 400
}
