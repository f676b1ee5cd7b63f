import Tensors

/// The types that can be written.
public enum QuantizationTypes {
    public static let all: [ElementType] = [.f32, .f16, .bf16, .q8_0, .q6_K, .q5_K, .q4_K, .q4_0, .mxfp4]

    /// The type a user names, in any case.
    public static func type(_ name: String) throws(QuantizationError) -> ElementType {
        if let type = all.first(where: { $0.name.lowercased() == name.lowercased() }) { return type }
        let names = all.map(\.name).joined(separator: ", ")
        throw QuantizationError("\"\(name.prefix(40))\" is no type that can be written; these are: \(names)")
    }

    /// `type`, or the nearest one of at least its precision whose blocks fill rows of `columns` numbers.
    static func fitting(_ type: ElementType, columns: Int) -> ElementType {
        if columns.isMultiple(of: type.blockElements) { return type }
        return columns.isMultiple(of: ElementType.q8_0.blockElements) ? .q8_0 : .f16
    }

    /// `general.file_type` of a file that is mostly of `type` (llama.cpp `llama_ftype`).
    static func fileType(_ type: ElementType) -> UInt64 {
        switch type {
        case .f16: 1
        case .q4_0: 2
        case .q8_0: 7
        case .q4_K: 14
        case .q5_K: 16
        case .q6_K: 18
        case .bf16: 32
        case .mxfp4: 38
        default: 0
        }
    }
}
