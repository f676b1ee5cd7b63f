/// A macro, or the body of a call block. It sees the variables of the scope it was defined in.
final class Macro: RuntimeObject {
    private let name: String?
    private let definition: MacroDefinition
    private let scope: Scope

    init(name: String?, definition: MacroDefinition, scope: Scope) {
        self.name = name
        self.definition = definition
        self.scope = scope
    }

    let typeName = "Macro"
    var isCallable: Bool { true }

    func attribute(_ attribute: String) -> Value? {
        switch attribute {
        case "name": name.map { .string(Text($0)) } ?? .null
        case "arguments":
            .tuple(ItemList(items: definition.parameters.map { .string(Text($0.name)) }, depth: 1))
        case "catch_kwargs": .bool(definition.specialNames.contains("kwargs"))
        case "catch_varargs": .bool(definition.specialNames.contains("varargs"))
        case "caller": .bool(definition.specialNames.contains("caller"))
        default: nil
        }
    }

    func call(_ arguments: Arguments, in evaluator: Evaluator) throws(Fault) -> Value {
        var arguments = arguments
        let local = Scope(parent: scope)
        try evaluator.meter.enter()
        defer { evaluator.meter.leave() }
        let given = try bind(&arguments, in: local, evaluator: evaluator)
        for (parameter, isGiven) in zip(definition.parameters, given) where !isGiven {
            let value = try parameter.fallback.map { fallback throws(Fault) in
                try evaluator.evaluate(fallback, in: local)
            }
            local.set(parameter.name, to: value ?? .undefined(Missing(.parameter(parameter.name))))
        }
        return .string(try evaluator.capture(definition.body, in: local))
    }

    /// Sets the variables of the arguments that are given; tells for each parameter whether its is.
    private func bind(_ arguments: inout Arguments, in local: Scope, evaluator: Evaluator) throws(Fault) -> [Bool] {
        var given = [Bool](repeating: false, count: definition.parameters.count)
        for (index, parameter) in definition.parameters.enumerated() {
            if index < arguments.positional.count {
                local.set(parameter.name, to: arguments.positional[index])
                given[index] = true
            } else if let value = arguments.removeKeyword(parameter.name) {
                local.set(parameter.name, to: value)
                given[index] = true
            }
        }
        try bindSpecialNames(&arguments, in: local, evaluator: evaluator)
        return given
    }

    private func bindSpecialNames(_ arguments: inout Arguments, in local: Scope, evaluator: Evaluator) throws(Fault) {
        let takes = definition.specialNames.subtracting(definition.parameters.map(\.name))
        if takes.contains("caller") {
            let caller = arguments.removeKeyword("caller")
            local.set("caller", to: caller ?? .undefined(Missing(reason: "no caller defined")))
        }
        if takes.contains("kwargs") {
            let members = arguments.keywords.map { (key: Value.string(Text($0.name)), value: $0.value) }
            local.set("kwargs", to: try evaluator.dictionary(members))
        } else if let extra = arguments.keywords.first {
            throw .runtime("macro '\(name ?? "caller")' takes no keyword argument '\(extra.name)'")
        }
        let extra = Array(arguments.positional.dropFirst(definition.parameters.count))
        if takes.contains("varargs") {
            local.set("varargs", to: try evaluator.tuple(extra))
        } else if !extra.isEmpty {
            throw .runtime(
                "macro '\(name ?? "caller")' takes not more than \(definition.parameters.count) argument(s)")
        }
    }

    func describe(in evaluator: Evaluator) throws(Fault) -> Text { Text("<Macro '\(name ?? "None")'>") }
}
