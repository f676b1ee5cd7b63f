import ChatTemplates
import Foundation
import Testing

@Suite struct ConversationTests {
    private func rendered(_ source: String, _ json: String, tokens: [String: String] = [:]) throws -> String {
        let conversation = try Conversation(json: Data(json.utf8))
        let now = try #require(WallTime(iso8601: "2026-01-15T09:30"))
        return try ChatTemplate(source: source).render(
            conversation.context(specialTokens: tokens, now: now.date, timeZone: now.timeZone))
    }

    @Test func membersBecomeVariables() throws {
        let show =
            "{{ messages|length }} {{ tools }} {{ documents }} {{ add_generation_prompt }} {{ bos_token is defined }}"
        #expect(try rendered(show, #"{"messages":[]}"#) == "0 None None False False")
        let all = #"{"messages":[1],"tools":[],"documents":[2],"add_generation_prompt":true,"bos_token":"<s>"}"#
        #expect(try rendered(show, all) == "1 [] [2] True True")
        #expect(try rendered("{{ enable_thinking }}", #"{"messages":[],"enable_thinking":false}"#) == "False")
        #expect(try rendered("{{ strftime_now('%H:%M') }}", #"{"messages":[]}"#) == "09:30")
    }

    @Test func specialTokensComeFromTheCheckpointUnlessGiven() throws {
        let tokens = ["bos_token": "<b>", "pad_token": "<p>"]
        let show = "{{ bos_token }}{{ pad_token }}{{ eos_token }}"
        #expect(try rendered(show, #"{"messages":[]}"#, tokens: tokens) == "<b><p>")
        #expect(try rendered(show, #"{"messages":[],"bos_token":null}"#, tokens: tokens) == "<b><p>")
        #expect(try rendered(show, #"{"messages":[],"bos_token":"","eos_token":"<e>"}"#, tokens: tokens) == "<p><e>")
    }

    @Test func wrongInputIsNamed() {
        func failure(_ json: String) -> String? {
            do throws(Conversation.InputError) { _ = try Conversation(json: Data(json.utf8)) } catch {
                return "\(error)"
            }
            return nil
        }
        #expect(failure("[]") == "must be a JSON object")
        #expect(failure("{}") == "'messages' must be an array")
        #expect(failure(#"{"messages":[],"tools":1}"#) == "'tools' must be an array or null")
        #expect(
            failure(#"{"messages":[],"add_generation_prompt":"yes"}"#)
                == "'add_generation_prompt' must be true or false")
        #expect(failure(#"{"messages":[],"eos_token":[]}"#) == "'eos_token' must be a string")
        #expect(failure(#"{"messages":["#)?.hasPrefix("JSON at byte 13") == true)
    }

    static let times: [(String, String)] = [
        ("2026-01-15", "2026-01-15 00:00:00.000000"), ("2026-01-15T09:30", "2026-01-15 09:30:00.000000"),
        ("2024-02-29 23:59:58", "2024-02-29 23:59:58.000000"),
        ("2026-01-15T09:30:01.25Z", "2026-01-15 09:30:01.250000"),
        ("2026-01-15T09:30:00+05:30", "2026-01-15 09:30:00.000000"),
        ("2026-06-01T00:10-08", "2026-06-01 00:10:00.000000"),
    ]

    @Test(arguments: times) func timesPrintAsWritten(text: String, expected: String) throws {
        let now = try #require(WallTime(iso8601: text))
        let context = TemplateContext(messages: [], now: now.date, timeZone: now.timeZone)
        let template = try ChatTemplate(source: "{{ strftime_now('%Y-%m-%d %H:%M:%S.%f') }}")
        #expect(try template.render(context) == expected)
    }

    @Test(arguments: [
        "", "now", "2026", "2026-1-5", "2026-13-01", "2025-02-29", "2026-01-15T", "2026-01-15T25:00",
        "2026-01-15T09:60",
        "2026-01-15T09:30x", "2026-01-15T09:30+99:00", "2026-01-15T09:30:00 Z", "２０２６-01-15", "1768469400",
    ])
    func otherTextsAreNoTimes(text: String) {
        #expect(WallTime(iso8601: text) == nil)
    }
}
