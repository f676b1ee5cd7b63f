/// How a statement ended.
enum Flow {
    case next
    case breakLoop
    case continueLoop
}

extension Evaluator {
    func execute(_ body: [Statement], in scope: Scope) throws(Fault) -> Flow {
        for statement in body {
            line = statement.line
            try meter.step()
            let flow = try execute(statement.kind, in: scope)
            guard case .next = flow else { return flow }
        }
        return .next
    }

    private func execute(_ statement: Statement.Kind, in scope: Scope) throws(Fault) -> Flow {
        switch statement {
        case .text(let text): try write(text)
        case .output(let expressions):
            for expression in expressions { try write(try text(of: try evaluate(expression, in: scope))) }
        case .assign(let target, let expression):
            try assign(try evaluate(expression, in: scope), to: target, in: scope)
        case .macro(let name, let definition):
            scope.set(name, to: try macro(named: name, definition, in: scope))
        case .call(let call, let caller): try execute(call: call, caller: caller, in: scope)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        default:
            try meter.enter()
            defer { meter.leave() }
            return try executeNested(statement, in: scope)
        }
        return .next
    }

    /// Statements with a body.
    private func executeNested(_ statement: Statement.Kind, in scope: Scope) throws(Fault) -> Flow {
        switch statement {
        case .conditional(let conditional): return try execute(conditional, in: scope)
        case .loop(let loop): return try execute(loop, in: scope)
        case .assignBlock(let target, let filters, let body):
            var flow = Flow.next
            let text = try capture(body, in: Scope(parent: scope), flow: &flow)
            guard case .next = flow else { return flow }
            try assign(try apply(filters, to: .string(text), in: scope), to: target, in: scope)
            return .next
        case .filterBlock(let filters, let body):
            var flow = Flow.next
            let text = try capture(body, in: Scope(parent: scope), flow: &flow)
            guard case .next = flow else { return flow }
            try write(try self.text(of: try apply(filters, to: .string(text), in: scope)))
            return .next
        case .with(let assignments, let body):
            let local = Scope(parent: scope)
            for (target, value) in assignments { try assign(try evaluate(value, in: scope), to: target, in: local) }
            return try execute(body, in: local)
        case .generation(let body): return try execute(body, in: Scope(parent: scope))
        default: return .next
        }
    }

    private func execute(_ conditional: Conditional, in scope: Scope) throws(Fault) -> Flow {
        for (condition, body) in conditional.branches where try evaluate(condition, in: scope).isTrue {
            return try execute(body, in: scope)
        }
        return try execute(conditional.otherwise, in: scope)
    }

    private func execute(call: Expression, caller: MacroDefinition, in scope: Scope) throws(Fault) {
        let body = try macro(named: nil, caller, in: scope)
        try write(try text(of: try evaluate(call, in: scope, caller: body)))
    }

    private func macro(named name: String?, _ definition: MacroDefinition, in scope: Scope) throws(Fault) -> Value {
        try releaseAtEnd { scope.removeAll() }
        return .object(Macro(name: name, definition: definition, scope: scope))
    }

    func assign(_ value: Value, to target: AssignmentTarget, in scope: Scope) throws(Fault) {
        switch target {
        case .name(let name): scope.set(name, to: value)
        case .attribute(let name, let attribute):
            guard case .object(let namespace as Namespace) = scope[name] else {
                throw .runtime("cannot assign attribute on non-namespace object")
            }
            try namespace.set(.string(Text(attribute)), to: value, meter: meter)
        case .tuple(let targets):
            let items = try items(of: value)
            guard items.count == targets.count else {
                throw .runtime("\(items.count) values to unpack, expected \(targets.count)")
            }
            for (item, target) in zip(items, targets) { try assign(item, to: target, in: scope) }
        }
    }
}
