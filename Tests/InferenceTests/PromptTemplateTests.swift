import ChatTemplates
import Foundation
import Inference
import Testing

/// Where checkpoints keep their templates.
@Suite struct PromptTemplateTests {
    private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try body(folder.path)
    }

    @Test func theMostSpecificFileWins() throws {
        let config = #"{"chat_template":"config","bos_token":"<s>","eos_token":{"content":"</s>"},"pad_token":null}"#
        try withFolder(["tokenizer_config.json": config]) { path in
            let template = try PromptTemplate(checkpoint: path)
            #expect(template.source == "config")
            #expect(template.specialTokens == ["bos_token": "<s>", "eos_token": "</s>"])
        }
        let processor = #"{"chat_template":"processor"}"#
        try withFolder(["tokenizer_config.json": config, "chat_template.json": processor]) { path in
            let source = try PromptTemplate(checkpoint: path).source
            #expect(source == "processor")
        }
        try withFolder(["tokenizer_config.json": config, "chat_template.jinja": "file\n"]) { path in
            let template = try PromptTemplate(checkpoint: path)
            #expect(template.source == "file\n")
            #expect(template.specialTokens["bos_token"] == "<s>")
        }
    }

    @Test func ofNamedTemplatesToolsHaveTheirOwn() throws {
        let config = """
            {"chat_template":[{"name":"tool_use","template":"tools"},{"name":"default","template":"plain"},{"name":"rag","template":"x"}]}
            """
        let plain = try Conversation(["messages": []])
        let tools = try Conversation(["messages": [], "tools": [[:]]])
        try withFolder(["tokenizer_config.json": config]) { path in
            let template = try PromptTemplate(checkpoint: path)
            #expect(try template.render(plain) == "plain")
            #expect(try template.render(tools) == "tools")
        }
        let files = ["chat_template.jinja": "a", "additional_chat_templates/tool_use.jinja": "b"]
        try withFolder(files) { path in
            let template = try PromptTemplate(checkpoint: path)
            #expect(try template.render(plain) == "a")
            #expect(try template.render(tools) == "b")
        }
    }

    @Test func foldersWithoutOneSaySo() throws {
        for files in [
            ["x": ""], ["tokenizer_config.json": "{}"], ["tokenizer_config.json": #"{"chat_template":null}"#],
        ] {
            try withFolder(files) { path in
                #expect(throws: PromptError.noChatTemplate) { try PromptTemplate(checkpoint: path) }
            }
        }
        try withFolder(["tokenizer_config.json": "{"]) { path in
            #expect(throws: (any Error).self) { try PromptTemplate(checkpoint: path) }
        }
    }
}
