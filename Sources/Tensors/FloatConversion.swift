import CKernels

/// Narrowing conversions, for making checkpoints. The storage of an output holds the format's bytes for `count` floats.
public enum FloatConversion {
    /// To the nearest float16, ties to even; overflow becomes infinity.
    public static func toFloat16(_ x: UnsafePointer<Float>, count: Int, output: UnsafeMutablePointer<UInt16>) {
        gh_to_f16(x, Int64(count), output)
    }

    /// To the nearest bfloat16, ties to even; overflow becomes infinity.
    public static func toBFloat16(_ x: UnsafePointer<Float>, count: Int, output: UnsafeMutablePointer<UInt16>) {
        gh_to_bf16(x, Int64(count), output)
    }

    /// To Q8_0 as ggml defines it: per 32 elements a float16 scale max|x| / 127 and quotients rounded half away from
    /// zero. `count` is a multiple of 32.
    public static func quantizeQ8_0(_ x: UnsafePointer<Float>, count: Int, output: UnsafeMutableRawPointer) {
        precondition(count >= 0 && count.isMultiple(of: 32), "not a whole number of blocks")
        gh_quantize_q8_0(x, Int64(count), output)
    }
}
