/// How the numbers of a tensor are stored. Raw values are the type ids of the GGUF specification
/// (ggml `ggml_type`), so a file's id converts with `init(rawValue:)`; see `isInGGUF`.
///
/// A quantised type stores `blockElements` consecutive numbers of a row in `blockBytes` bytes.
public enum ElementType: UInt32, Sendable, CaseIterable, Hashable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q2_K = 10
    case q3_K = 11
    case q4_K = 12
    case q5_K = 13
    case q6_K = 14
    case iq4_NL = 20
    case iq4_XS = 23
    case bf16 = 30
    case mxfp4 = 39
    /// In memory only: block-scaled FP8 (DeepSeek's), made by `WeightMatrix.blockScaledFP8`. A block is a float32 scale
    /// and 128 E4M3 numbers.
    case f8E4M3 = 0x4648_0001

    /// Whether GGUF files have this type.
    public var isInGGUF: Bool { self != .f8E4M3 }

    /// The name users know from file names and from ggml, for example `Q4_K`.
    public var name: String {
        switch self {
        case .f32: "F32"
        case .f16: "F16"
        case .q4_0: "Q4_0"
        case .q4_1: "Q4_1"
        case .q5_0: "Q5_0"
        case .q5_1: "Q5_1"
        case .q8_0: "Q8_0"
        case .q2_K: "Q2_K"
        case .q3_K: "Q3_K"
        case .q4_K: "Q4_K"
        case .q5_K: "Q5_K"
        case .q6_K: "Q6_K"
        case .iq4_NL: "IQ4_NL"
        case .iq4_XS: "IQ4_XS"
        case .bf16: "BF16"
        case .mxfp4: "MXFP4"
        case .f8E4M3: "FP8_E4M3"
        }
    }

    /// Numbers in one block: 1 for plain types.
    public var blockElements: Int {
        switch self {
        case .f32, .f16, .bf16: 1
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_NL, .mxfp4: 32
        case .f8E4M3: 128
        case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_XS: 256
        }
    }

    /// Bytes of one block.
    public var blockBytes: Int {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .q4_0, .iq4_NL: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q5_1: 24
        case .q8_0: 34
        case .mxfp4: 17
        case .q2_K: 84
        case .q3_K: 110
        case .q4_K: 144
        case .q5_K: 176
        case .q6_K: 210
        case .iq4_XS: 136
        case .f8E4M3: 132
        }
    }

    /// Bytes of `elements` numbers, or nil if they do not fill whole blocks or the size overflows.
    public func byteCount(elements: Int) -> Int? {
        guard elements >= 0, elements.isMultiple(of: blockElements) else { return nil }
        let (bytes, overflow) = (elements / blockElements).multipliedReportingOverflow(by: blockBytes)
        return overflow ? nil : bytes
    }
}
