extension Evaluator {
    func execute(_ loop: Loop, in scope: Scope) throws(Fault) -> Flow {
        try run(loop, over: try evaluate(loop.items, in: scope), level: 0, in: scope)
    }

    /// - Parameter level: How many calls of the recursive `loop` this one is inside of.
    private func run(_ loop: Loop, over source: Value, level: Int, in scope: Scope) throws(Fault) -> Flow {
        var items = try items(of: source)
        if let condition = loop.condition { items = try filter(items, by: condition, of: loop, in: scope) }
        guard !items.isEmpty else { return try execute(loop.otherwise, in: Scope(parent: scope)) }
        let state = LoopState(
            list: try itemList(items), level: level, recurse: try recursion(of: loop, in: scope))
        for (index, item) in items.enumerated() {
            try meter.step()
            state.move(to: index)
            // Every pass has variables of its own: what it sets, the next one does not see.
            let local = Scope(variables: ["loop": .object(state)], parent: scope)
            try assign(item, to: loop.target, in: local)
            if case .breakLoop = try execute(loop.body, in: local) { break }
        }
        return .next
    }

    private func filter(_ items: [Value], by condition: Expression, of loop: Loop, in scope: Scope) throws(Fault)
        -> [Value]
    {
        var kept: [Value] = []
        for item in items {
            try meter.step()
            let local = Scope(parent: scope)
            local.set("loop", to: .undefined(Missing(reason: "'loop' is undefined in the condition of a loop")))
            try assign(item, to: loop.target, in: local)
            if try evaluate(condition, in: local).isTrue { kept.append(item) }
        }
        return kept
    }

    private func recursion(of loop: Loop, in scope: Scope) throws(Fault)
        -> ((Value, Int) throws(Fault) -> Value)?
    {
        guard loop.isRecursive else { return nil }
        try releaseAtEnd { scope.removeAll() }
        return { [unowned self] items, level throws(Fault) in
            try meter.enter()
            defer { meter.leave() }
            let outer = output
            output = []
            _ = try run(loop, over: items, level: level, in: scope)
            let captured = Text(utf8: output)
            output = outer
            return try string(captured)
        }
    }

    /// The items a value is iterated over: the scalars of a string, the keys of a dictionary.
    func items(of value: Value) throws(Fault) -> [Value] {
        switch value.unmarked {
        case .undefined: return []
        case .list(let list), .tuple(let list): return list.items
        case .dictionary(let dictionary):
            try meter.allocate(items: dictionary.entries.count)
            return dictionary.entries.map(\.key)
        case .string(let text):
            try meter.allocate(items: 4 * text.bytes.count)
            return text.scalars.map { .string(Text($0)) }
        case .object(let object):
            if let items = object.takeItems() {
                try meter.allocate(items: items.count)
                return items
            }
            fallthrough
        default: throw .runtime("'\(value.typeName)' object is not iterable")
        }
    }
}
