/// Runs a program over text. Each scalar is looked at once for each instruction at most, whatever the expression.
struct ExpressionMachine {
    private struct Thread {
        var instruction: Int
        /// Where its match began.
        var start: Int
    }

    private let program: ExpressionProgram
    private let text: ScannedText
    private let range: Range<Int>
    private var current: [Thread] = []
    private var upcoming: [Thread] = []
    /// The position at which each instruction was last reached.
    private var visits: [Int]
    private var stack: [Int] = []

    init(_ program: ExpressionProgram, _ text: ScannedText, _ range: Range<Int>) {
        self.program = program
        self.text = text
        self.range = range
        visits = Array(repeating: -1, count: program.instructions.count)
    }

    /// The first match that starts at `start` or later or, if it is `anchored`, exactly there.
    mutating func match(from start: Int, anchored: Bool) -> Range<Int>? {
        var found: Range<Int>?
        var position = start
        current.removeAll(keepingCapacity: true)
        while true {
            // A later start has less right than any thread that is still running.
            if found == nil, position == start || !anchored {
                if let end = follow(0, start: position, at: position) { found = position..<end }
            }
            guard !current.isEmpty || (found == nil && !anchored), position < range.upperBound else { return found }
            let (scalar, width) = text.scalar(at: position)
            position += width
            swap(&current, &upcoming)
            current.removeAll(keepingCapacity: true)
            for thread in upcoming {
                guard case .take(let set) = program.instructions[thread.instruction],
                    program.sets[set].contains(scalar)
                else { continue }
                if let end = follow(thread.instruction + 1, start: thread.start, at: position) {
                    found = thread.start..<end
                    // What has less right than a match does not count any more.
                    break
                }
            }
        }
    }

    /// Adds the threads that an instruction leads to, best first; returns `position` if one of them is a match, after
    /// which no more are added.
    private mutating func follow(_ instruction: Int, start: Int, at position: Int) -> Int? {
        stack.append(instruction)
        while let instruction = stack.popLast() {
            guard visits[instruction] != position else { continue }
            visits[instruction] = position
            switch program.instructions[instruction] {
            case .take: current.append(Thread(instruction: instruction, start: start))
            case .jump(let target): stack.append(target)
            case .fork(let first, let second): stack += [second, first]
            case .lookAhead(let index, let isNegative):
                var machine = ExpressionMachine(program.lookAheads[index], text, range)
                if (machine.match(from: position, anchored: true) == nil) == isNegative {
                    stack.append(instruction + 1)
                }
            case .lineEnd:
                if position == range.upperBound || text.bytes[position] == UInt8(ascii: "\n") {
                    stack.append(instruction + 1)
                }
            case .match:
                stack.removeAll(keepingCapacity: true)
                return position
            }
        }
        return nil
    }
}

/// An expression for which there is no hand-written scanner.
struct ExpressionPattern: SplitPattern {
    private let program: ExpressionProgram

    init(_ expression: String) throws(ExpressionParser.Failure) {
        program = try ExpressionProgram(try ExpressionParser.parse(expression))
    }

    func matchEnd(in text: ScannedText, from start: Int, to end: Int) -> Int? {
        var machine = ExpressionMachine(program, text, start..<end)
        return machine.match(from: start, anchored: true)?.upperBound
    }

    func nextMatch(in text: ScannedText, from start: Int, to end: Int) -> Range<Int>? {
        var machine = ExpressionMachine(program, text, start..<end)
        return machine.match(from: start, anchored: false)
    }
}
