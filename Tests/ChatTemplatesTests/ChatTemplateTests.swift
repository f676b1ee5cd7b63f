import ChatTemplates
import Foundation
import Testing

@Suite struct ChatTemplateTests {
    private let hello: TemplateValue = [["role": "user", "content": "Hello"]]

    @Test func contextReachesTheTemplate() throws {
        let template = try ChatTemplate(
            source: """
                {{ bos_token }}|{{ eos_token is defined }}|{{ tools is none }}|{{ documents is none }}|
                {{- add_generation_prompt }}|{{ messages[0].content }}|{{ custom }}
                """)
        var context = TemplateContext(messages: hello, bosToken: "<s>", variables: ["custom": [1, 2.5, "x"]])
        #expect(try template.render(context) == "<s>|False|True|True|True|Hello|[1, 2.5, 'x']")
        context.addGenerationPrompt = false
        context.variables["bos_token"] = "given"
        #expect(try template.render(context).hasPrefix("given|False|True|True|False|"))
    }

    @Test func toolsKeepTheOrderOfTheirKeys() throws {
        let tools = try TemplateValue(json: #"[{"z": 1, "a": {"y": [true, null], "b": -0.5e1}, "é": "é"}]"#)
        let template = try ChatTemplate(source: "{{ tools[0] | tojson }}")
        let context = TemplateContext(messages: hello, tools: tools)
        #expect(try template.render(context) == #"{"z": 1, "a": {"y": [true, null], "b": -5.0}, "é": "é"}"#)
    }

    /// Strings that look alike are different where their scalars are.
    @Test func textIsComparedByScalars() throws {
        let template = try ChatTemplate(source: "{{ d['\u{E9}'] }}{{ d['e\u{301}'] }}{{ '\u{E9}' == 'e\u{301}' }}")
        let variables: [String: TemplateValue] = ["d": ["\u{E9}": 1, "e\u{301}": 2]]
        #expect(try template.render(TemplateContext(messages: [], variables: variables)) == "12False")
    }

    @Test(arguments: [
        ("a\n{{ 1 +* 2 }}", ChatTemplateError.syntax(line: 2, message: "expected an expression, found '*'")),
        ("\n\n{% include 'x' %}", .unsupported(line: 3, what: "tag 'include'")),
        ("{{ 1 }}\n{{ x | filesizeformat }}", .unsupported(line: 2, what: "filter 'filesizeformat'")),
        ("{{ 1 is odder }}", .unsupported(line: 1, what: "test 'odder'")),
        ("{{ 'a'.encode() }}", .unsupported(line: 1, what: "attribute 'encode' of 'str'")),
        ("{% if true %}\n{{ raise_exception('no ' ~ 1) }}{% endif %}", .refused(message: "no 1")),
        ("x\n\n{{ messages[0].role.x.y }}", .runtime(line: 3, message: "'str object' has no attribute 'x'")),
        ("{{ [].append(1) }}", .runtime(line: 1, message: "access to attribute 'append' of 'list' object is unsafe")),
        ("{{ 1 // 0 }}", .runtime(line: 1, message: "integer division or modulo by zero")),
        ("{{ ('<'|safe) * 2 }}", .unsupported(line: 1, what: "an operator on a text marked safe")),
    ]) func errorsTellWhatAndWhere(source: String, expected: ChatTemplateError) {
        #expect(throws: expected) { try ChatTemplate(source: source).render(TemplateContext(messages: hello)) }
    }

    @Test func errorsDescribeThemselves() {
        #expect("\(ChatTemplateError.syntax(line: 3, message: "m"))" == "chat template line 3: m")
        #expect("\(ChatTemplateError.refused(message: "m"))" == "chat template refused the conversation: m")
        #expect("\(ChatTemplateError.limit(what: "m"))" == "chat template limit reached: m")
    }

    @Test func timeIsWrittenInTheGivenZone() throws {
        let template = try ChatTemplate(source: "{{ strftime_now('%Y-%m-%d %H:%M:%S %j %a %-I%p') }}")
        // 2024-02-29 23:30:05 UTC.
        var context = TemplateContext(messages: [], now: Date(timeIntervalSince1970: 1_709_249_405), timeZone: .gmt)
        #expect(try template.render(context) == "2024-02-29 23:30:05 060 Thu 11PM")
        context.timeZone = try #require(TimeZone(secondsFromGMT: 3600))
        #expect(try template.render(context) == "2024-03-01 00:30:05 061 Fri 12AM")
    }

    /// One template renders on many threads at once.
    @Test func rendersConcurrently() async throws {
        let template = try ChatTemplate(
            source: """
                {% set ns = namespace(n=0) %}
                {% for m in messages %}{% set ns.n = ns.n + m.n %}{% endfor %}{{ ns.n }}
                """)
        await withTaskGroup(of: (Int, String?).self) { group in
            for index in 0..<50 {
                group.addTask {
                    let messages = (0..<index).map { TemplateValue.object(["n": .int($0)]) }
                    return (index, try? template.render(TemplateContext(messages: .array(messages))))
                }
            }
            for await (index, text) in group { #expect(text == "\(index * (index - 1) / 2)") }
        }
    }
}

@Suite struct TemplateValueTests {
    private static let readable: [(String, TemplateValue)] = [
        ("null", nil), (" [1, -2.5e1, true, \"a\"] ", [1, -25.0, true, "a"]), ("{}", [:]),
        (#"{"b": 1, "a": 2, "b": 3}"#, ["b": 3, "a": 2]), (#""\u00e9\ud83d\ude42\n\/\"\\""#, "é🙂\n/\"\\"),
        ("-9223372036854775808", .int(.min)), ("1.0", .float(1)), ("0", 0), ("1E2", .float(100)),
    ]

    @Test(arguments: readable) func readsJSON(text: String, expected: TemplateValue) throws {
        #expect(try TemplateValue(json: text) == expected)
    }

    @Test(arguments: [
        ("", 0), ("nul", 0), ("[1,]", 3), ("[1 2]", 3), (#"{"a" 1}"#, 5), ("{a: 1}", 1), ("01", 2), ("1.", 2),
        ("-", 1), ("1e", 2), (#""a"#, 2), (#""\x""#, 3), (#""\ud83d""#, 7), (#""\ud83dx""#, 7), (#""\u12""#, 5),
        ("\"\n\"", 1), ("1 1", 2), ("9223372036854775808", 19), ("[", 1), (#"{"a":"#, 5), ("NaN", 0), ("'a'", 0),
    ]) func refusesWhatIsNotJSON(text: String, offset: Int) {
        #expect { try TemplateValue(json: text) } throws: { ($0 as? TemplateJSONError)?.offset == offset }
    }

    @Test func refusesDeepJSONAndBadUTF8() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        let deepest = try TemplateValue(json: nested(TemplateValue.maxJSONDepth))
        #expect(throws: TemplateJSONError.self) { try TemplateValue(json: nested(TemplateValue.maxJSONDepth + 1)) }
        let endless = String(repeating: "[{\"a\":", count: 100_000)
        #expect(throws: TemplateJSONError.self) { try TemplateValue(json: endless) }
        #expect(throws: TemplateJSONError.self) { try TemplateValue(json: Data([0x22, 0xFF, 0x22])) }
        // Whatever JSON may hold, a template can print.
        let text = try ChatTemplate(source: "{{ messages }}").render(TemplateContext(messages: deepest))
        #expect(text == nested(TemplateValue.maxJSONDepth))
    }

    @Test func refusesDeepValues() throws {
        var value: TemplateValue = []
        for _ in 0..<200 { value = [value] }
        let template = try ChatTemplate(source: "x")
        #expect(throws: ChatTemplateError.limit(what: "values nested 128 deep")) {
            try template.render(TemplateContext(messages: value))
        }
    }
}
