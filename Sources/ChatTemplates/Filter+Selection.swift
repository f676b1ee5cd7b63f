/// Filters that apply a filter or test to each item.
extension Filter {
    static let selection: [String: Filter] = [
        "map": Filter.withAnyArguments(map),
        "select": select(keeping: true, hasAttribute: false),
        "reject": select(keeping: false, hasAttribute: false),
        "selectattr": select(keeping: true, hasAttribute: true),
        "rejectattr": select(keeping: false, hasAttribute: true),
    ]

    /// `map('filter', …)` or `map(attribute='name', default=…)`.
    @Sendable private static func map(_ call: FilterCall) throws(Fault) -> Value {
        let evaluator = call.evaluator
        guard call.input.isTrue else { return try evaluator.generator([]) }
        var arguments = call.arguments
        guard arguments.positional.isEmpty else {
            guard let name = arguments.positional.removeFirst().text else {
                throw .runtime("map: filter name expected")
            }
            return try apply(call) { item throws(Fault) in try evaluator.filter(name.string, item, arguments) }
        }
        guard let attribute = arguments.removeKeyword("attribute") else {
            throw .runtime("map requires a filter argument")
        }
        let fallback = arguments.removeKeyword("default")
        if let extra = arguments.keywords.first { throw .runtime("unexpected keyword argument '\(extra.name)'") }
        let path = try AttributePath(attribute)
        return try apply(call) { item throws(Fault) in
            try path.value(of: item, in: evaluator, otherwise: fallback)
        }
    }

    private static func apply(_ call: FilterCall, _ change: (Value) throws(Fault) -> Value) throws(Fault) -> Value {
        // A filter may apply `map` again, so this recurses as expressions do.
        try call.evaluator.meter.enter()
        defer { call.evaluator.meter.leave() }
        return try call.evaluator.generator(
            try call.inputItems().map { item throws(Fault) in
                try call.evaluator.meter.step()
                return try change(item)
            })
    }

    /// `select('test', …)`, which without a test keeps what is true; `selectattr('name', 'test', …)`.
    private static func select(keeping: Bool, hasAttribute: Bool) -> Filter {
        Filter.withAnyArguments { call throws(Fault) in
            // As in Jinja, an input that is false, such as `none`, has no items, and the arguments do not matter.
            guard call.input.isTrue else { return try call.evaluator.generator([]) }
            var arguments = call.arguments
            guard !hasAttribute || !arguments.positional.isEmpty else { throw .runtime("missing attribute name") }
            let path = try AttributePath(hasAttribute ? arguments.positional.removeFirst() : nil)
            let test = arguments.positional.isEmpty ? nil : arguments.positional.removeFirst()
            guard test == nil || test?.text != nil else { throw .runtime("test name expected") }
            var kept: [Value] = []
            for item in try call.inputItems() {
                try call.evaluator.meter.step()
                let value = try path.value(of: item, in: call.evaluator)
                let holds = try test?.text.map { name throws(Fault) in
                    try call.evaluator.test(name.string, value, arguments)
                }
                if (holds ?? value.isTrue) == keeping { kept.append(item) }
            }
            return try call.evaluator.generator(kept)
        }
    }
}
