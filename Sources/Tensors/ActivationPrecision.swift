/// How the inputs of products are read.
public enum ActivationPrecision: Sendable, CaseIterable {
    /// As they are. Weights are unpacked to float32; results are those of the dequantised matrix.
    case float32
    /// Rounded to int8 for products with quantised weights, which are faster so: in blocks of 32, or of 256 where the
    /// weights are; off by at most 0.4 % of a block's largest input. For bfloat16 weights they are rounded to bfloat16: off by at most 0.4 % each. Other weights
    /// are multiplied as with `float32`.
    case int8
}
