import ChatTemplates
import Foundation
import Testing

/// Templates are not trusted: whatever they ask for, they end with an error or a prompt, soon, and on a small stack.
@Suite struct LimitTests {
    private static let hostile = try? templates(in: "hostile.txt")
    private static let chains = try? templates(in: "chains.txt")

    private static func templates(in file: String) throws -> [String] {
        let text = try String(contentsOf: VectorFile.fixtures.appendingPathComponent(file), encoding: .utf8)
        return text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    @Test func theFilesAreThere() throws {
        #expect(try Self.templates(in: "hostile.txt").count > 40)
        #expect(try Self.templates(in: "chains.txt").count > 3)
    }

    @Test(.timeLimit(.minutes(2)), arguments: hostile ?? []) func hostileTemplatesFail(source: String) async throws {
        // A tenth of the steps that are allowed by default: it is no different, and sooner over.
        var limits = ChatTemplate.Limits()
        limits.maxSteps /= 10
        let ending = await onSmallStack { [limits] in outcome(of: source, limits: limits) }
        #expect(throws: ChatTemplateError.self) { try ending.get() }
    }

    /// Long chains of objects that hold each other must not be freed by recursion.
    @Test(arguments: chains ?? []) func longChainsAreFreed(source: String) async throws {
        #expect(await onSmallStack { outcome(of: source) } == .success("ok"))
    }

    private static let deep = [
        "{{ " + row("(", 100_000),
        "{{ " + row("[", 5_000) + row("]", 5_000) + " }}",
        "{{ " + row("{'a':", 5_000) + " }}",
        "{{ " + row("not ", 50_000) + "1 }}",
        "{{ " + row("-", 50_000) + "1 }}",
        "{{ " + row("1 if 1 else ", 5_000) + "1 }}",
        "{{ 1" + row(" if 1", 5_000) + " }}",
        "{{ x" + row("[x", 5_000) + " }}",
        "{{ f" + row("(f", 5_000) + " }}",
        "{{ x" + row("|f(x", 5_000) + " }}",
        row("{% if 1 %}", 5_000),
        row("{% for x in y %}", 5_000),
        row("{% macro m() %}", 5_000),
        "{% set " + row("(", 5_000) + "x = 1 %}",
        "{{ " + row("a", 5_000) + " }}",
    ]

    @Test(arguments: deep) func deepSourcesFail(source: String) async throws {
        let ending = await onSmallStack { outcome(of: source) }
        #expect(throws: ChatTemplateError.self) { try ending.get() }
    }

    private static let long = [
        ("{{ 0" + row(" + 1", 20_000) + " }}", "20000"),
        ("{{ ''" + row(" ~ 'a'", 9_000) + " == 'a' * 9000 }}", "True"),
        ("{{ false" + row(" or false", 20_000) + " }}", "False"),
        ("{{ 'a'" + row(".upper()", 20_000) + " }}", "A"),
        ("{{ 'a'" + row("|upper", 20_000) + " }}", "A"),
        ("{{ 1 < 2" + row(" == 2", 5_000) + " }}", "True"),
        (row("{% if 1 %}{% endif %}", 20_000) + "x", "x"),
        ("{% if 0 %}" + row("{% elif 0 %}", 20_000) + "{% else %}y{% endif %}", "y"),
    ]

    /// Operators and postfixes in a row do not nest, however many there are.
    @Test(arguments: long) func longSourcesRender(source: String, expected: String) async throws {
        #expect(await onSmallStack { outcome(of: source) } == .success(expected))
    }

    private static func row(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test func limitsAreThoseGiven() throws {
        func failure(_ source: String, _ change: (inout ChatTemplate.Limits) -> Void) -> ChatTemplateError? {
            var limits = ChatTemplate.Limits()
            change(&limits)
            if case .failure(let error) = outcome(of: source, limits: limits) { return error }
            return nil
        }
        let loop = "{% for i in range(100) %}ab{% endfor %}"
        #expect(failure(loop) { _ in } == nil)
        #expect(failure(loop) { $0.maxSourceBytes = 38 } == .limit(what: "source of 39 bytes, at most 38"))
        #expect(failure(loop) { $0.maxSteps = 100 } == .limit(what: "100 steps"))
        #expect(failure(loop) { $0.maxOutputBytes = 199 } == .limit(what: "199 bytes of output"))
        #expect(failure(loop) { $0.maxOutputBytes = 200 } == nil)
        #expect(failure(loop) { $0.maxAllocatedBytes = 1_000 } == .limit(what: "1000 bytes of values"))
        #expect(failure("{{ ((1)) }}") { $0.maxNesting = 2 } == .limit(what: "source nested 2 deep"))
        #expect(failure("{{ [[1]] }}") { $0.maxDepth = 1 } == .limit(what: "evaluation nested 1 deep"))
    }
}

/// What a template renders without messages, or why it fails.
func outcome(of source: String, limits: ChatTemplate.Limits = .init()) -> Result<String, ChatTemplateError> {
    Result { () throws(ChatTemplateError) in
        try ChatTemplate(source: source, limits: limits).render(TemplateContext(messages: []))
    }
}

/// Runs `body` on a thread with the 512 KiB of stack that threads other than the first have on some systems.
func onSmallStack<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: body()) }
        thread.stackSize = 512 << 10
        thread.start()
    }
}
