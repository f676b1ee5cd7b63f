import Activations
import Foundation
import Inference
import Testing

@Suite struct PromptSetTests {
    /// Writes files below a folder of their own and reads them.
    private func read(_ files: [String: String], perFile: Int? = nil, path: String = "") throws -> [LabelledPrompt] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return try PromptSet(path: folder.path + path, perFile: perFile).prompts
    }

    private func prompt(_ id: String, _ domain: String, _ category: String, _ text: String) -> LabelledPrompt {
        LabelledPrompt(label: RequestLabel(id: id, domain: domain, category: category), text: text)
    }

    @Test func everyKindOfFile() throws {
        let prompts = try read([
            "math/test.jsonl": "{\"question\": \"1+1?\", \"answer\": \"2\"}\n\n{\"question\": \"2+2?\"}\n",
            "code/set.json": #"[{"prompt": "def f", "task_id": 2}]"#,
            "logic/boolean.json": #"{"canary": "x", "examples": [{"input": "not True is", "target": "False"}]}"#,
            "chat/q.jsonl": #"{"category": "writing", "turns": ["Compose", "Rewrite"], "domain": "talk"}"#,
            "langs/de.tsv": "Wie viel?\t18\nWann?\t2\n", "prose/all.txt": "short\n\nalso short",
            "prose/PROVENANCE.txt": "who", "prose/README.md": "what", "top.jsonl": #"{"text": "alone"}"#,
        ])
        #expect(
            prompts == [
                prompt("chat/q/0", "talk", "writing", "Compose"), prompt("code/set/0", "code", "set", "def f"),
                prompt("langs/de/0", "langs", "de", "Wie viel?"), prompt("langs/de/1", "langs", "de", "Wann?"),
                prompt("logic/boolean/0", "logic", "boolean", "not True is"),
                prompt("math/test/0", "math", "test", "1+1?"), prompt("math/test/1", "math", "test", "2+2?"),
                prompt("prose/all/0", "prose", "all", "short\n\nalso short"), prompt("top/0", "top", "top", "alone"),
            ])
    }

    /// Only a line feed ends a line; an error names the file's line.
    @Test func separatorsWithinTexts() throws {
        let lines = "{\"prompt\": \"one\u{2028}two\u{85}\"}\r\n\r\n{\"prompt\": \"three\"}\r\n"
        #expect(
            try read(["a.jsonl": lines, "b.tsv": "x\u{2029}y\t1\r\nz\r\n"]).map(\.text) == [
                "one\u{2028}two\u{85}", "three", "x\u{2029}y", "z",
            ])
        let error = #expect(throws: (any Error).self) { try read(["a.jsonl": "{\"prompt\": \"a\"}\n\n{\n"]) }
        #expect(error.map { "\($0)".contains("a.jsonl, line 3") } == true)
    }

    @Test func aFewOfEachFileEvenlySpread() throws {
        let lines = (0..<100).map { "{\"prompt\": \"p\($0)\"}" }.joined(separator: "\n")
        #expect(try read(["a.jsonl": lines], perFile: 4).map(\.text) == ["p0", "p25", "p50", "p75"])
        #expect(try read(["a.jsonl": lines], perFile: 4, path: "/a.jsonl").count == 4)
        #expect(try read(["a.jsonl": lines], perFile: 1000).count == 100)
    }

    @Test(arguments: [
        ("a.jsonl", "{\"prompt\": 7}", "entry 1 has none"), ("a.jsonl", "{", "JSON"), ("a.json", "7", "neither"),
        ("a.md", "x", "holds no prompts"),
    ]) func errorsNameTheFile(name: String, text: String, message: String) {
        let error = #expect(throws: (any Error).self) { try read([name: text]) }
        let description = error.map { "\($0)" } ?? ""
        #expect(description.contains(message) && description.contains("guildhall-"), "\(description)")
    }

    @Test func absent() { #expect(throws: PromptSetError.self) { try read([:], path: "/nothing") } }
}
