extension Evaluator {
    func evaluatePostfix(_ operand: Expression, _ steps: [PostfixStep], in scope: Scope, caller: Value?) throws(Fault)
        -> Value
    {
        try apply(steps, to: try evaluate(operand, in: scope), in: scope, caller: caller)
    }

    /// - Parameter caller: What the last step, a call, gets as `caller`.
    func apply(_ steps: [PostfixStep], to operand: Value, in scope: Scope, caller: Value? = nil) throws(Fault) -> Value
    {
        var value = operand
        for (index, step) in steps.enumerated() {
            try meter.step()
            line = step.line
            value = try apply(step, to: value, in: scope, caller: index == steps.count - 1 ? caller : nil)
        }
        return value
    }

    private func apply(_ step: PostfixStep, to value: Value, in scope: Scope, caller: Value?) throws(Fault) -> Value {
        switch step.kind {
        case .attribute(let name): return try Attributes.attribute(name, of: value, meter: meter)
        case .subscripted(let key):
            return try Attributes.item(try evaluate(key, in: scope), of: value, in: self)
        case .slice(let lower, let upper, let stride):
            return try slice(value, lower, upper, stride, in: scope)
        case .call(let list):
            var arguments = try evaluate(list, in: scope)
            if let caller { arguments.keywords.append(("caller", caller)) }
            line = step.line
            return try call(value, arguments)
        case .filter(let name, let list):
            let arguments = try evaluate(list, in: scope)
            line = step.line
            return try filter(name, value, arguments)
        case .test(let name, let list, let isNegated):
            let arguments = try evaluate(list, in: scope)
            line = step.line
            return .bool(try test(name, value, arguments) != isNegated)
        }
    }

    private func evaluate(_ list: ArgumentList, in scope: Scope) throws(Fault) -> Arguments {
        var arguments = Arguments()
        for expression in list.positional { arguments.positional.append(try evaluate(expression, in: scope)) }
        for (name, expression) in list.keywords {
            arguments.keywords.append((name, try evaluate(expression, in: scope)))
        }
        if let items = list.unpackedItems {
            arguments.positional += try self.items(of: try evaluate(items, in: scope))
        }
        if let members = list.unpackedMembers {
            try append(members: try evaluate(members, in: scope), to: &arguments)
        }
        return arguments
    }

    private func append(members: Value, to arguments: inout Arguments) throws(Fault) {
        guard case .dictionary(let dictionary) = members else {
            throw .runtime("argument after ** must be a mapping, not \(members.typeName)")
        }
        // Finding a keyword is a linear search, which a few names keep short.
        guard dictionary.entries.count <= 64 else { throw .limit("64 members after '**'") }
        for entry in dictionary.entries {
            guard let name = entry.key.text?.string else { throw .runtime("keywords must be strings") }
            guard arguments[keyword: name] == nil else { throw .runtime("argument '\(name)' given twice") }
            arguments.keywords.append((name, entry.value))
        }
    }

    func call(_ callee: Value, _ arguments: Arguments) throws(Fault) -> Value {
        switch callee {
        case .object(let object): return try object.call(arguments, in: self)
        case .undefined(let missing): throw .runtime(missing.message)
        default: throw .runtime("'\(callee.typeName)' object is not callable")
        }
    }

    func filter(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Value {
        guard let filter = Filter.all[name] else { throw .unsupported("filter '\(name)'") }
        let bound = try filter.signature?.bind(arguments, to: name) ?? []
        return try filter.body(FilterCall(evaluator: self, input: value, bound: bound, arguments: arguments))
    }

    func test(_ name: String, _ value: Value, _ arguments: Arguments) throws(Fault) -> Bool {
        guard let test = ValueTest.all[name] else { throw .unsupported("test '\(name)'") }
        guard arguments.positional.count == test.argumentCount, arguments.keywords.isEmpty else {
            throw .runtime("test '\(name)' takes \(test.argumentCount) argument(s)")
        }
        return try test.body(self, value, arguments.positional)
    }
}
