/// How the inputs of products are read.
public enum ActivationPrecision: Sendable, CaseIterable {
    /// As they are. Weights are unpacked to float32; results are those of the dequantised matrix.
    case float32
    /// Rounded to int8 in blocks of 32, for products with quantised weights: faster, and off by about 0.4 % of a block's
    /// largest input. Weights that are not quantised are multiplied as with `float32`.
    case int8
}
