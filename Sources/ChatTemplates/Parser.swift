/// Reads tokens into statements, by recursive descent.
struct Parser {
    private let tokens: [Token]
    private var index = 0
    private let maxNesting: Int
    private var nesting = 0
    /// Whether `break` and `continue` have a loop to leave.
    var isInLoop = false
    /// For each macro around the current token, which of the special names it uses.
    var specialNames: [Set<String>] = []

    init(tokens: [Token], maxNesting: Int) {
        self.tokens = tokens
        self.maxNesting = maxNesting
    }

    mutating func parseTemplate() throws(ChatTemplateError) -> [Statement] {
        let (body, _) = try parseBody(until: [])
        return body
    }

    /// Statements up to one of the tags `ends`, whose name is consumed and returned. Without `ends`, to the end.
    mutating func parseBody(until ends: Set<String>) throws(ChatTemplateError) -> (body: [Statement], end: String) {
        var body: [Statement] = []
        while true {
            let line = line
            switch current {
            case .data(let text):
                advance()
                body.append(Statement(line: line, kind: .text(text)))
            case .variableBegin:
                advance()
                body.append(Statement(line: line, kind: .output([try parseTuple()])))
                try expect(.variableEnd)
            case .blockBegin:
                advance()
                if case .name(let name) = current, ends.contains(name) {
                    advance()
                    return (body, name)
                }
                let kind = try nested { parser throws(ChatTemplateError) in try parser.parseStatement() }
                body.append(Statement(line: line, kind: kind))
                try expect(.blockEnd)
            default:
                guard ends.isEmpty else { throw unexpected("one of the tags \(ends.sorted())") }
                return (body, "")
            }
        }
    }

    // MARK: Tokens

    var current: Token.Kind { tokens[index].kind }

    var following: Token.Kind { tokens[min(index + 1, tokens.count - 1)].kind }

    var line: Int { tokens[index].line }

    mutating func advance() { index = min(index + 1, tokens.count - 1) }

    func isAt(_ symbol: Symbol) -> Bool { current == .symbol(symbol) }

    func isAt(name: String) -> Bool { current == .name(name) }

    mutating func skip(_ symbol: Symbol) -> Bool {
        guard isAt(symbol) else { return false }
        advance()
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard isAt(name: name) else { return false }
        advance()
        return true
    }

    mutating func expect(_ kind: Token.Kind) throws(ChatTemplateError) {
        guard current == kind else { throw unexpected("\(kind)") }
        advance()
    }

    mutating func expectName() throws(ChatTemplateError) -> String {
        guard case .name(let name) = current else { throw unexpected("a name") }
        advance()
        return name
    }

    // MARK: Errors and nesting

    func error(_ message: String) -> ChatTemplateError { .syntax(line: line, message: message) }

    func unexpected(_ expected: String) -> ChatTemplateError { error("expected \(expected), found \(current)") }

    /// Runs `parse` one level deeper in the source.
    mutating func nested<Result>(
        _ parse: (inout Parser) throws(ChatTemplateError) -> Result
    ) throws(ChatTemplateError) -> Result {
        guard nesting < maxNesting else { throw .limit(what: "source nested \(maxNesting) deep") }
        nesting += 1
        defer { nesting -= 1 }
        return try parse(&self)
    }
}
