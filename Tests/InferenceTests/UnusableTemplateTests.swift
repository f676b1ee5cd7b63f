import BuiltInModel
import Foundation
import Inference
import Testing

/// A checkpoint whose chat template cannot be run still completes text.
@Suite struct UnusableTemplateTests {
    /// An engine on the built-in model, with `source` in place of its chat template, filled up with spaces.
    private func engine(template source: String) throws -> Engine {
        let path = try #require(BuiltInModel.path())
        var file = try Data(contentsOf: URL(fileURLWithPath: path))
        let original = try #require(LoadedModel(path: path).chatTemplate)
        let place = try #require(file.range(of: Data(original.utf8)))
        let padding = original.utf8.count - source.utf8.count
        try #require(padding >= 0)
        file.replaceSubrange(place, with: Data(source.utf8) + Data(repeating: 0x20, count: padding))
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-\(UUID()).gguf")
        try file.write(to: copy)
        // The mapping outlives the name.
        defer { try? FileManager.default.removeItem(at: copy) }
        return Engine(model: try LoadedModel(path: copy.path))
    }

    private static let unusable: [(String, String)] = [
        ("{% extends 'x' %}", "unsupported: tag 'extends'"),
        ("{{ messages", "line 1"),
        ("{{ messages|frobnicate }}", "frobnicate"),
        ("{{ 'a' * 1000000000 }}", "limit reached"),
        ("{% for i in range(1000000000) %}{% endfor %}", "range too big"),
        ("{{ messages[7].content.x }}", "line 1"),
    ]

    @Test(arguments: unusable) func chatsAreRefusedAndTextIsCompleted(source: String, reason: String) async throws {
        let engine = try engine(template: source)
        defer { engine.shutDown() }
        let message = ChatMessage(role: "user", content: "Hi")
        let prompt = Result { () throws(PromptError) in try engine.promptTokens(of: [message]) }
        guard case .failure(.unsupported(let text)) = prompt else {
            Issue.record("\(source) gave \(prompt)")
            return
        }
        #expect(text.contains(reason))
        var request = GenerationRequest(promptTokens: engine.promptTokens(of: "The"))
        request.maxTokens = 2
        request.ignoreEndOfText = true
        var finished = false
        for await event in try engine.start(request) {
            if case .finished(let result) = event { finished = result.tokens.count == 2 }
        }
        #expect(finished)
    }
}
