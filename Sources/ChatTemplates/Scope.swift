/// Variables that belong together: those of the template, of one pass of a loop, of one call of a macro.
final class Scope {
    private var variables: [String: Value]
    private let parent: Scope?

    init(variables: [String: Value] = [:], parent: Scope?) {
        self.variables = variables
        self.parent = parent
    }

    /// The value of the nearest variable of that name.
    subscript(name: String) -> Value? {
        var scope: Scope? = self
        while let current = scope {
            if let value = current.variables[name] { return value }
            scope = current.parent
        }
        return nil
    }

    /// Sets a variable of this scope. Those of outer scopes stay as they are.
    func set(_ name: String, to value: Value) { variables[name] = value }

    func removeAll() { variables.removeAll() }
}
