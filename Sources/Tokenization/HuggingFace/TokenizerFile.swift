/// Access to the parts of a `tokenizer.json` file. Errors name file and member.
struct TokenizerFile {
    let root: JSONTree
    let source: String

    func error(_ item: String, _ reason: String) -> TokenizerError {
        TokenizerError(source: source, item: item, reason: reason)
    }

    /// What the component calls itself: `BPE`, `ByteLevel`, `Sequence`, …
    func type(of component: JSONTree, _ item: String) throws(TokenizerError) -> String {
        guard let type = component["type"]?.string else { throw error(item, "has no type") }
        return type
    }

    /// The components of a pipeline stage with those of nested sequences in their places.
    func allComponents(
        _ stage: String, listedIn members: String
    ) throws(TokenizerError) -> [(item: String, type: String, value: JSONTree)] {
        var components: [(item: String, type: String, value: JSONTree)] = []
        // Nesting is bounded by that of the JSON.
        func add(_ component: JSONTree, _ item: String) throws(TokenizerError) {
            let type = try type(of: component, item)
            guard type == "Sequence" else { return components.append((item, type, component)) }
            guard let list = component[members]?.array else { throw error(item, "a Sequence without \(members)") }
            for (index, element) in list.enumerated() { try add(element, "\(item).\(members)[\(index)]") }
        }
        if let component = root[stage] { try add(component, stage) }
        return components
    }

    /// The components of a pipeline stage: those of a `Sequence`, or the one there is. `members` names the member of a
    /// `Sequence` that holds them.
    func components(
        _ stage: String, listedIn members: String
    ) throws(TokenizerError) -> [(item: String, type: String, value: JSONTree)] {
        guard let component = root[stage] else { return [] }
        guard try type(of: component, stage) == "Sequence" else {
            return [(stage, try type(of: component, stage), component)]
        }
        guard let list = component[members]?.array else { throw error(stage, "a Sequence without \(members)") }
        var components: [(item: String, type: String, value: JSONTree)] = []
        for (index, component) in list.enumerated() {
            let item = "\(stage).\(members)[\(index)]"
            components.append((item, try type(of: component, item), component))
        }
        return components
    }
}
