import Activations

/// The parts of a label that say something about a request: the label itself, the parts of its path and its words.
///
/// `mmlu_test/high_school_physics` has the label itself, `=mmlu_test`, `=high_school_physics` and the words `mmlu`,
/// `test`, `high`, `school` and `physics`. So a label that training never saw still tells what its words tell.
public enum LabelFeatures {
    /// Longer labels are cut: a label is a name, not a text.
    static let longestLabel = 256

    /// Without repetition, the most specific first.
    public static func features(of label: String) -> [String] {
        let label = String(label.lowercased().prefix(longestLabel))
        let parts = label.split(separator: "/").map { "=" + $0 }
        let words = label.split { !$0.isLetter && !$0.isNumber }.map(String.init)
        var seen: Set<String> = []
        return (["==" + label] + parts + words).filter { seen.insert($0).inserted }
    }
}

extension RequestTrace {
    /// What is known of a request beforehand, the domain before the category: `mmlu_test/high_school_physics`.
    public var placementLabel: String? {
        let parts = [domain, category].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }
}
