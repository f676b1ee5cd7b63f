import ChatTemplates
import Foundation
import Randomness
import Testing

/// Templates and conversations that are broken at random render or fail, and never trap or hang.
@Suite struct MutationTests {
    private static let fragments =
        """
        {{ }} {% %} {# #} - + ( ) [ ] { } ' " \\ | . , : = ~ * ** // % < 9223372036854775807 -1 0 1e308 loop messages none
        not in is if else range(99999) |tojson |list |join |sort |map('length') [::-1] .split() .items() {%for(x)in(y)%}
        {%endfor%} {%set(x)= {%if(x) {%endif%} {%macro(m)(a)%} {%endmacro%} {{m(1)}} é \u{1F642} \n \t
        """.split { $0 == " " || $0 == "\n" }.map(String.init) + [" ", "\n", " in ", "{% for x in messages %}"] + greedy

    /// What asks for much work or memory.
    private static let greedy = [
        "{{ 'a' * 10**9 }}", "{{ range(10**12)|list }}", "{{ [0] * 10**8 }}", "{{ messages * 99999 }}",
        "|join(messages|tojson)",
        "{% macro r(x) %}{{ r(x ~ x) }}{% endmacro %}{{ r('ab') }}", "|replace('', 'aaaaaaaa')",
        "|list|tojson(indent=9999)",
        "{% for a in range(9999) %}{% for b in range(9999) %}", "{% set ns = namespace(s='ab') %}",
        "{% set ns.s = ns.s * 2 %}",
        "{% for m in messages recursive %}{{ loop(messages) }}{% endfor %}", "|indent(99999)", "|sort|reverse|list",
        "{{ [messages, [messages, [messages]]]|string }}", "{% filter upper %}", "{% call(x) m() %}",
        "~ messages|string * 50",
    ]

    /// Mutations of each template; more with GUILDHALL_FUZZ_ROUNDS, for long runs by hand.
    private static let rounds = ProcessInfo.processInfo.environment["GUILDHALL_FUZZ_ROUNDS"].flatMap { Int($0) }

    private static func published() throws -> [VectorFile.Case] {
        guard let path = VectorFile.shared else { return [] }
        let root = try TemplateValue(json: Data(contentsOf: URL(fileURLWithPath: path)))
        return root["cases"].items.compactMap { fields in
            root["templates"][fields["template_name"].text ?? ""].text.map {
                VectorFile.Case(template: $0, variables: fields.members, output: nil, failure: nil, message: nil)
            }
        }
    }

    @Test(arguments: 0..<8) func mutatedTemplatesEnd(block: Int) throws {
        let cases =
            try ["language", "families"].flatMap { name in
                try VectorFile(path: VectorFile.fixtures.appendingPathComponent("\(name).json").path).cases
            } + Self.published()
        var random = SplitMix64(seed: UInt64(block))
        var limits = ChatTemplate.Limits()
        limits.maxSteps = 20_000
        var rendered = 0
        for round in 0..<(Self.rounds ?? 500) {
            let vector = try #require(cases.randomElement(using: &random))
            let source = Self.mutated(vector.template, using: &random)
            let started = ContinuousClock.now
            do {
                _ = try ChatTemplate(source: source, limits: limits).render(VectorFile.context(vector.variables))
                rendered += 1
            } catch {
                #expect(!"\(error)".isEmpty)
            }
            let isSoon = ContinuousClock.now - started < .seconds(30)
            #expect(isSoon, "seed \(block), round \(round): \(source.debugDescription)")
        }
        #expect(rendered > 20, "seed \(block): mutations are too heavy to say anything")
    }

    @Test(arguments: 0..<4) func mutatedConversationsEnd(block: Int) throws {
        let cases =
            try VectorFile(path: VectorFile.fixtures.appendingPathComponent("families.json").path).cases
            + Self.published()
        var random = SplitMix64(seed: UInt64(100 + block))
        for round in 0..<(Self.rounds ?? 300) {
            let vector = try #require(cases.randomElement(using: &random))
            let given = TemplateValue.object(vector.variables)
            let variables = Self.mutated(given, using: &random).members
            let started = ContinuousClock.now
            _ = try? ChatTemplate(source: vector.template).render(VectorFile.context(variables))
            #expect(ContinuousClock.now - started < .seconds(30), "seed \(100 + block), round \(round)")
        }
    }

    private static func mutated(_ source: String, using random: inout SplitMix64) -> String {
        var scalars = Array(source.unicodeScalars)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...scalars.count, using: &random)
            let end = min(place + Int.random(in: 0...12, using: &random), scalars.count)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: scalars.removeSubrange(place..<end)
            case 1:
                let target = Int.random(in: 0...scalars.count, using: &random)
                scalars.insert(contentsOf: scalars[place..<end], at: target)
            default:
                let fragment = fragments.randomElement(using: &random) ?? ""
                scalars.insert(contentsOf: fragment.unicodeScalars, at: place)
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Nests as deep as JSON may.
    private static let deep = (0..<100).reduce(TemplateValue.null) { inner, _ in ["content": [inner]] }

    private static func mutated(_ value: TemplateValue, using random: inout SplitMix64) -> TemplateValue {
        if Int.random(in: 0..<25, using: &random) == 0 {
            let odd: [TemplateValue] = [
                nil, true, -1, 0.5, "", "</think>", [], [nil], [:], ["role": "user"], [["x"]], deep,
                .string(String(repeating: "a\n", count: 20_000)), .array(Array(repeating: value, count: 50)),
            ]
            return odd.randomElement(using: &random) ?? nil
        }
        switch value {
        case .array(let items): return .array(items.map { mutated($0, using: &random) })
        case .object(let object):
            return .object(
                TemplateObject(
                    object.members.compactMap { member in
                        guard Int.random(in: 0..<40, using: &random) > 0 else { return nil }
                        return TemplateObject.Member(key: member.key, value: mutated(member.value, using: &random))
                    }))
        default: return value
        }
    }
}
