import ChatTemplates
import Foundation
import Inference
import Testing

/// `guildhall render` without its command line.
@Suite struct PromptRenderingTests {
    private static let tests = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let shared: URL? = {
        let environment = ProcessInfo.processInfo.environment["GUILDHALL_SHARED"]
        let folder = environment ?? tests.appendingPathComponent("../../shared").standardized.path
        let file = URL(fileURLWithPath: folder + "/chat-templates/vectors.json")
        return FileManager.default.fileExists(atPath: file.path) ? file : nil
    }()

    private static func rendering() -> PromptRendering {
        var rendering = PromptRendering()
        rendering.now = WallTime(iso8601: "2026-01-15T09:30:00")
        return rendering
    }

    private func members(_ value: TemplateValue?) -> TemplateObject {
        if case .object(let object) = value { object } else { TemplateObject() }
    }

    private func items(_ value: TemplateValue?) -> [TemplateValue] {
        if case .array(let items) = value { items } else { [] }
    }

    private func text(_ value: TemplateValue?) -> String? {
        if case .string(let text) = value { text } else { nil }
    }

    private func check(_ outcome: PromptRendering.Outcome, expected: String?, refusal: String?, _ comment: Comment) {
        switch outcome {
        case .prompt(let prompt):
            #expect(expected.map { $0.utf8.elementsEqual(prompt.utf8) } == true, comment)
        case .refused(let message):
            #expect(expected == nil, comment)
            if let refusal { #expect(message == refusal, comment) }
        case .impossible(let message): Issue.record("\(comment): \(message)")
        }
    }

    @Test(.enabled(if: shared != nil)) func publishedTemplates() throws {
        let root = members(try TemplateValue(json: Data(contentsOf: try #require(Self.shared))))
        let templates = members(root["templates"])
        let cases = items(root["cases"])
        #expect(!cases.isEmpty)
        for fields in cases.map(members) {
            let name = text(fields["template_name"]) ?? ""
            let source = try #require(text(templates[name]))
            let outcome = try Self.rendering().outcome(
                of: PromptTemplate(source: source), Conversation(.object(fields)))
            check(outcome, expected: text(fields["expected"]), refusal: nil, "\(name), \(text(fields["case"]) ?? "")")
        }
    }

    @Test func templatesOfAllFamilies() throws {
        let file = Self.tests.appendingPathComponent("Fixtures/ChatTemplates/families.json")
        let root = members(try TemplateValue(json: Data(contentsOf: file)))
        let cases = items(root["cases"]).map(members)
        #expect(cases.count > 50)
        for fields in cases where text(fields["e"]) != "unsupported" {
            let source = try #require(
                text(fields["t"]) ?? text(members(root["templates"])[text(fields["template"]) ?? ""]))
            let variables = members(members(root["contexts"])[text(fields["c"]) ?? ""])
            let outcome = try Self.rendering().outcome(
                of: PromptTemplate(source: source), Conversation(.object(variables)))
            check(outcome, expected: text(fields["o"]), refusal: text(fields["m"]), "\(source.prefix(80))")
        }
    }

    @Test func endsOtherThanPrompts() {
        func outcome(_ source: String, _ input: String) -> PromptRendering.Outcome {
            Self.rendering().outcome(of: PromptTemplate(source: source), input: Data(input.utf8))
        }
        let empty = #"{"messages":[]}"#
        #expect(outcome("a\n", empty) == .prompt("a"))
        #expect(outcome("{{ raise_exception('no\\nway') }}", empty) == .refused("no\nway"))
        #expect(
            outcome("{{ messages[0].x }}", empty) == .refused("chat template line 1: 'list object' has no such item"))
        #expect(outcome("{% include 'a' %}", empty) == .impossible("chat template line 1: unsupported: tag 'include'"))
        #expect(outcome("{{ 'a' * 10**9 }}", empty) != .prompt(""))
        for bad in ["", "{", "[]", "{}", #"{"messages":1}"#, #"{"messages":[],"tools":{}}"#] {
            guard case .impossible(let message) = outcome("", bad) else {
                Issue.record("\(bad) was taken")
                continue
            }
            #expect(message.hasPrefix("the conversation: "))
        }
    }

    @Test func limitsAreThoseGiven() throws {
        var rendering = Self.rendering()
        rendering.limits.maxOutputBytes = 10
        let conversation = try Conversation(["messages": []])
        let eleven = PromptTemplate(source: "12345678901")
        #expect(
            rendering.outcome(of: eleven, conversation)
                == .impossible("chat template limit reached: 10 bytes of output"))
        rendering.limits.maxOutputBytes = 11
        #expect(rendering.outcome(of: eleven, conversation) == .prompt("12345678901"))
    }
}
