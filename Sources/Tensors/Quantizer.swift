import CKernels

extension ElementType {
    /// Whether `Quantizer` writes this type.
    public var isQuantizable: Bool {
        switch self {
        case .f32, .f16, .bf16, .q8_0, .q4_0, .q4_K, .q5_K, .q6_K, .mxfp4: true
        case .q4_1, .q5_0, .q5_1, .q2_K, .q3_K, .iq4_NL, .iq4_XS, .f8E4M3: false
        }
    }
}

/// Writes float32 numbers in other types.
///
/// Q4_0, Q4_K, Q5_K, Q6_K and MXFP4 search for the scales with the least squared error; Q8_0 is ggml's, so numbers that
/// come from Q8_0 come back the same. Blocks do not depend on each other, and the bytes are the same on every machine.
///
/// A number that is not finite is not hidden: its block of Q4_0, Q4_K, Q5_K or Q6_K reads as NaN; its block of MXFP4,
/// which has no NaN, as infinity; a block of Q8_0 with an infinity reads as NaN, but a NaN there reads as zero. Numbers
/// too large for float16 scales become infinities or NaN as well.
public enum Quantizer {
    /// Writes the matrix `rows` × `columns` at `source`, row-major and without gaps, to `output` as `type`.
    ///
    /// Any thread may quantise any rows: nothing is shared.
    /// - Parameter type: one that `isQuantizable`, whose blocks fill rows of `columns` numbers.
    /// - Parameter output: `type.byteCount(elements: rows * columns)` bytes, aligned to 4.
    public static func quantize(
        _ source: UnsafePointer<Float>, rows: Int, columns: Int, to type: ElementType,
        into output: UnsafeMutableRawPointer
    ) {
        precondition(rows >= 0 && columns >= 0 && columns.isMultiple(of: type.blockElements), "blocks must fill rows")
        let count = Int64(rows * columns)
        switch type {
        case .f32: output.copyMemory(from: source, byteCount: rows * columns * MemoryLayout<Float>.stride)
        case .f16: gh_to_f16(source, count, output.assumingMemoryBound(to: UInt16.self))
        case .bf16: gh_to_bf16(source, count, output.assumingMemoryBound(to: UInt16.self))
        case .q8_0: gh_quantize_q8_0(source, count, output)
        case .q4_0: gh_quantize_q4_0(source, count, output)
        case .q4_K: gh_quantize_q4_K(source, count, output)
        case .q5_K: gh_quantize_q5_K(source, count, output)
        case .q6_K: gh_quantize_q6_K(source, count, output)
        case .mxfp4: gh_quantize_mxfp4(source, count, output)
        case .q4_1, .q5_0, .q5_1, .q2_K, .q3_K, .iq4_NL, .iq4_XS, .f8E4M3:
            preconditionFailure("\(type.name) cannot be written")
        }
    }
}
