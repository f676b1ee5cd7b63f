import ChatTemplates
import Foundation
import Testing

@Suite struct VectorTests {
    /// Small templates, one feature each, from the generator's own snippets.
    @Test func languageMatchesJinja() throws {
        try expectNoDifferences(in: VectorFile.fixtures.appendingPathComponent("language.json").path, atLeast: 500)
    }

    /// Templates written after the families that checkpoints use.
    @Test func familiesMatchJinja() throws {
        try expectNoDifferences(in: VectorFile.fixtures.appendingPathComponent("families.json").path, atLeast: 50)
    }

    /// Vectors of any size in the file that an environment variable names, as `make_vectors.py --fuzz` writes them.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["GUILDHALL_TEMPLATE_VECTORS"] != nil))
    func givenVectorsMatchJinja() throws {
        let path = try #require(ProcessInfo.processInfo.environment["GUILDHALL_TEMPLATE_VECTORS"])
        try expectNoDifferences(in: path, atLeast: 1)
    }

    @Test(.enabled(if: VectorFile.shared != nil)) func publishedTemplatesMatchJinja() throws {
        let root = try TemplateValue(json: Data(contentsOf: URL(fileURLWithPath: try #require(VectorFile.shared))))
        #expect(root["cases"].items.count > 0)
        for fields in root["cases"].items {
            let source = try #require(root["templates"][fields["template_name"].text ?? ""].text)
            let comment = Comment(rawValue: "\(fields["template_name"].text ?? ""), \(fields["case"].text ?? "")")
            let template = try ChatTemplate(source: source)
            var context = TemplateContext(messages: fields["messages"], now: VectorFile.now, timeZone: .gmt)
            context.tools = fields["tools"]
            context.addGenerationPrompt = fields["add_generation_prompt"] == .bool(true)
            context.bosToken = fields["bos_token"].text
            context.eosToken = fields["eos_token"].text
            if let expected = fields["expected"].text {
                #expect(try template.render(context) == expected, comment)
            } else {
                #expect(comment) {
                    _ = try template.render(context)
                } throws: { error in
                    guard case .refused(let message) = error as? ChatTemplateError else { return false }
                    return source.contains(message)
                }
            }
        }
    }

    private func expectNoDifferences(in path: String, atLeast count: Int) throws {
        let cases = try VectorFile(path: path).cases
        #expect(cases.count >= count)
        for vector in cases {
            if let difference = vector.difference() { Issue.record("\(vector): \(difference)") }
        }
    }
}
