import Models
import Tensors

/// Which tensors a file will have, of which types.
public struct QuantizationPlan {
    /// A tensor of the file to be: a tensor of the model, or one expert of one.
    public struct Item {
        public let name: String
        public let type: ElementType
        public let source: ExportTensor
        /// Nil: the whole tensor.
        public let expert: Int?

        public var shape: [Int] { expert == nil ? source.shape : Array(source.shape.dropFirst()) }
    }

    public let items: [Item]

    /// - Parameters:
    ///   - type: of matrices that no rule is about.
    ///   - experts: the same of routed experts.
    public init(
        _ export: ModelExport, type: ElementType, experts: ElementType? = nil,
        recipe: QuantizationRecipe = QuantizationRecipe()
    ) throws(QuantizationError) {
        try Self.check(recipe, export)
        items = export.tensors.flatMap { tensor in
            switch tensor.role {
            case .precise: [Item(name: tensor.name, type: .f32, source: tensor, expert: nil)]
            case .matrix: [Self.whole(tensor, recipe.type(of: tensor.name) ?? type)]
            case .experts: Self.experts(tensor, recipe, standard: experts ?? type)
            }
        }
    }

    private static func whole(_ tensor: ExportTensor, _ type: ElementType) -> Item {
        Item(
            name: tensor.name, type: QuantizationTypes.fitting(type, columns: tensor.columns), source: tensor,
            expert: nil)
    }

    /// One tensor, or one an expert if they are not all of one type: a tensor of a file is of one type.
    private static func experts(_ tensor: ExportTensor, _ recipe: QuantizationRecipe, standard: ElementType) -> [Item] {
        let types = (0..<tensor.shape[0]).map { expert in
            QuantizationTypes.fitting(recipe.type(of: tensor.name, expert: expert) ?? standard, columns: tensor.columns)
        }
        if Set(types).count == 1 { return [whole(tensor, types[0])] }
        let stem = tensor.name.replacing("_exps.weight", with: "")
        return types.enumerated().map { expert, type in
            Item(name: "\(stem).\(expert).weight", type: type, source: tensor, expert: expert)
        }
    }

    /// A rule that is about nothing is a mistake worth hearing of.
    private static func check(_ recipe: QuantizationRecipe, _ export: ModelExport) throws(QuantizationError) {
        for rule in recipe.rules {
            let glob = Glob(rule.pattern)
            let matching = export.tensors.filter { $0.role != .precise && glob.matches($0.name) }
            guard !matching.isEmpty else {
                throw QuantizationError("the recipe's pattern \"\(rule.pattern)\" matches no tensor that is quantised")
            }
            guard let ranges = rule.experts else { continue }
            guard let experts = matching.filter({ $0.role == .experts }).map({ $0.shape[0] }).max() else {
                throw QuantizationError("the recipe's pattern \"\(rule.pattern)\" matches no tensor with experts")
            }
            if let range = ranges.first(where: { $0.lowerBound < 0 || $0.upperBound >= experts }) {
                throw QuantizationError(
                    "the recipe's experts \(range.lowerBound)-\(range.upperBound) for \"\(rule.pattern)\" are not all "
                        + "among the \(experts) experts")
            }
        }
    }
}
