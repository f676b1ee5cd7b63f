import ChatTemplates
import Foundation

/// Templates and what Jinja2 makes of them. `make_vectors.py` beside them writes the files and describes their form.
struct VectorFile {
    struct Case: CustomStringConvertible, Sendable {
        let template: String
        let variables: TemplateObject
        /// What Jinja2 renders; nil where it fails.
        let output: String?
        /// Where it fails: `syntax`, `refused`, `runtime` or `unsupported`, and the message of `refused`.
        let failure: String?
        let message: String?

        var description: String { template.debugDescription }
    }

    let cases: [Case]

    init(path: String) throws {
        let root = try TemplateValue(json: Data(contentsOf: URL(fileURLWithPath: path)))
        let contexts = root["contexts"]
        cases = root["cases"].items.map { fields in
            Case(
                template: fields["t"].text ?? root["templates"][fields["template"].text ?? ""].text ?? "",
                variables: contexts[fields["c"].text ?? ""].members, output: fields["o"].text,
                failure: fields["e"].text, message: fields["m"].text)
        }
    }
}

extension VectorFile.Case {
    /// A sentence on how this interpreter differs from Jinja2 here, nil if it does not.
    func difference() -> String? {
        do {
            let rendered = try ChatTemplate(source: template).render(VectorFile.context(variables))
            if let output {
                let same = rendered.utf8.elementsEqual(output.utf8)
                return same ? nil : "rendered \(rendered.debugDescription), not \(output.debugDescription)"
            }
            return "rendered \(rendered.debugDescription) where Jinja fails: \(failure ?? "")"
        } catch {
            guard output == nil else { return "failed: \(error)" }
            switch error {
            case .syntax: return failure == "syntax" ? nil : "\(error), not \(failure ?? "")"
            case .refused(let text): return failure == "refused" && text == message ? nil : "refused: \(text)"
            case .runtime: return failure == "runtime" ? nil : "\(error), not \(failure ?? "")"
            case .unsupported: return failure == "unsupported" ? nil : "\(error)"
            case .limit: return "\(error)"
            }
        }
    }
}

extension VectorFile {
    /// 2026-01-15 09:30, the time all vectors were made at.
    static let now = Date(timeIntervalSince1970: 1_768_469_400)

    static func context(_ variables: TemplateObject) -> TemplateContext {
        var context = TemplateContext(messages: variables["messages"] ?? [], now: now, timeZone: .gmt)
        context.tools = variables["tools"]
        context.addGenerationPrompt = variables["add_generation_prompt"] != .bool(false)
        for member in variables.members { context.variables[member.key] = member.value }
        return context
    }

    private static let testFolder =
        URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()

    /// The folder of committed vectors.
    static let fixtures = testFolder.appendingPathComponent("../Fixtures/ChatTemplates").standardized

    /// Vectors of published templates, which are not part of this repository; nil where they are absent.
    static let shared: String? = {
        let environment = ProcessInfo.processInfo.environment["GUILDHALL_SHARED"]
        let beside = testFolder.appendingPathComponent("../../../shared").standardized.path
        let path = (environment ?? beside) + "/chat-templates/vectors.json"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()
}

extension TemplateValue {
    /// The member of an object, null where there is none.
    subscript(key: String) -> TemplateValue {
        if case .object(let object) = self { object[key] ?? .null } else { .null }
    }

    var items: [TemplateValue] { if case .array(let items) = self { items } else { [] } }
    var members: TemplateObject { if case .object(let object) = self { object } else { TemplateObject() } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
}
