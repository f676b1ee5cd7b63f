/// An expression as instructions for a machine that follows all ways to match at once (Thompson's construction), in the
/// order in which a backtracking engine would try them.
struct ExpressionProgram: Sendable {
    enum Instruction: Sendable {
        /// Takes a scalar of set number `index`.
        case take(Int)
        /// Goes on at `first` and, with less right, at `second`.
        case fork(first: Int, second: Int)
        case jump(Int)
        /// Goes on if the program matches here, or does not.
        case lookAhead(Int, isNegative: Bool)
        case lineEnd
        case match
    }

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [IndexedScalarSet] = []
    private(set) var lookAheads: [ExpressionProgram] = []
    /// Nested repetitions multiply.
    private static let mostInstructions = 10_000

    init(_ tree: ExpressionTree) throws(ExpressionParser.Failure) {
        try append(tree)
        instructions.append(.match)
    }

    private mutating func append(_ tree: ExpressionTree) throws(ExpressionParser.Failure) {
        guard instructions.count < Self.mostInstructions else { throw .init(reason: "it is too large") }
        switch tree {
        case .set(let set):
            sets.append(IndexedScalarSet(set))
            instructions.append(.take(sets.count - 1))
        case .sequence(let parts): for part in parts { try append(part) }
        case .alternatives(let branches): try append(branches[...])
        case .repetition(let body, let least, let most, let greed):
            for _ in 0..<least { try append(body) }
            if let most {
                try appendOptional(body, times: most - least, isLazy: greed == .lazy)
            } else {
                try appendLoop(body, isLazy: greed == .lazy)
            }
        case .lookAhead(let body, let isNegative):
            lookAheads.append(try ExpressionProgram(body))
            instructions.append(.lookAhead(lookAheads.count - 1, isNegative: isNegative))
        case .lineEnd: instructions.append(.lineEnd)
        }
    }

    private mutating func append(_ branches: ArraySlice<ExpressionTree>) throws(ExpressionParser.Failure) {
        var jumps: [Int] = []
        for (index, branch) in branches.enumerated() {
            let fork = instructions.count
            if index < branches.count - 1 { instructions.append(.fork(first: fork + 1, second: -1)) }
            try append(branch)
            guard index < branches.count - 1 else { break }
            jumps.append(instructions.count)
            instructions.append(.jump(-1))
            instructions[fork] = .fork(first: fork + 1, second: instructions.count)
        }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
    }

    private mutating func appendOptional(
        _ body: ExpressionTree, times: Int, isLazy: Bool
    ) throws(ExpressionParser.Failure) {
        var forks: [Int] = []
        for _ in 0..<times {
            forks.append(instructions.count)
            instructions.append(.jump(-1))
            try append(body)
        }
        for fork in forks { setFork(fork, inner: fork + 1, outer: instructions.count, isLazy) }
    }

    private mutating func appendLoop(_ body: ExpressionTree, isLazy: Bool) throws(ExpressionParser.Failure) {
        let fork = instructions.count
        instructions.append(.jump(-1))
        try append(body)
        instructions.append(.jump(fork))
        setFork(fork, inner: fork + 1, outer: instructions.count, isLazy)
    }

    private mutating func setFork(_ fork: Int, inner: Int, outer: Int, _ isLazy: Bool) {
        instructions[fork] =
            isLazy ? .fork(first: outer, second: inner) : .fork(first: inner, second: outer)
    }
}
