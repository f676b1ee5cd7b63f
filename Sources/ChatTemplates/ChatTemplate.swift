/// A chat template: the Jinja program in a checkpoint that turns a conversation into the text of a prompt.
///
/// The language is Jinja 3.1 as Hugging Face transformers sets it up: an immutable sandbox, `trim_blocks`,
/// `lstrip_blocks`, `break` and `continue`, `{% generation %}`, `raise_exception`, `strftime_now`, and a `tojson` that is
/// Python's `json.dumps` with `ensure_ascii=False`. Values print as Python prints them.
///
/// Templates come with checkpoints and are not trusted: source, steps, nesting, allocations and output are bounded.
///
/// Differences from Jinja, all on purpose:
/// - integers have 64 bits, and an operation that leaves them fails;
/// - `map`, `select` and their kin do their work when applied, not when their result is read;
/// - an unknown filter or test fails when it is reached, not when the template is read;
/// - templates stand alone: `include`, `import`, `extends` and `block` are unsupported.
public struct ChatTemplate: Sendable {
    /// Bounds on what a template may use. Reaching one throws `ChatTemplateError.limit`.
    public struct Limits: Sendable, Equatable {
        /// Bytes of UTF-8 that the source may have.
        public var maxSourceBytes = 1 << 20
        /// How deep statements and expressions may nest in the source.
        public var maxNesting = 100
        /// How deep evaluation may recurse: nested nodes and macro calls together. At the default a render needs less
        /// than 512 KiB of stack.
        public var maxDepth = 300
        /// Nodes that may be evaluated. Reading or writing 1 KiB of text counts as one more.
        public var maxSteps = 5_000_000
        /// Bytes that strings and containers may take in one render, all that were ever made together.
        public var maxAllocatedBytes = 256 << 20
        /// Bytes of UTF-8 that the rendered prompt may have.
        public var maxOutputBytes = 16 << 20

        public init() {}
    }

    private let body: [Statement]
    private let limits: Limits

    /// Reads a template.
    ///
    /// - Throws: `syntax`, `unsupported` or `limit`.
    public init(source: String, limits: Limits = Limits()) throws(ChatTemplateError) {
        guard source.utf8.count <= limits.maxSourceBytes else {
            throw .limit(what: "source of \(source.utf8.count) bytes, at most \(limits.maxSourceBytes)")
        }
        var lexer = Lexer(source: source)
        var parser = Parser(tokens: try lexer.tokenize(), maxNesting: limits.maxNesting)
        self.body = try parser.parseTemplate()
        self.limits = limits
    }

    /// The prompt of a conversation.
    ///
    /// - Throws: `refused` with the template's own words when it does not accept the conversation; `runtime`,
    ///   `unsupported` or `limit` otherwise.
    public func render(_ context: TemplateContext) throws(ChatTemplateError) -> String {
        let evaluator = Evaluator(limits: limits, clock: context.clock)
        defer { evaluator.tearDown() }
        do throws(Fault) {
            return try evaluator.render(body, variables: context.variablesInScope)
        } catch {
            throw error.located(line: evaluator.line)
        }
    }
}
