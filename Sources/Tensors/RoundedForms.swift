/// How inputs are rounded for products with packed weights: what a format's kernels multiply with.
public struct RoundedForms: OptionSet, Sendable, Hashable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Blocks of 32 int8 numbers with a scale (max|x| / 127, ties to even): for quantised weights in blocks of 32.
    public static let int8 = RoundedForms(rawValue: 1)
    /// The same with a scale for 128 numbers: for MXFP4.
    public static let int8By128 = RoundedForms(rawValue: 8)
    /// The same with a scale for 256 numbers: for quantised weights in blocks of 256.
    public static let int8By256 = RoundedForms(rawValue: 4)
    /// bfloat16, ties to even: for bfloat16 weights.
    public static let bfloat16 = RoundedForms(rawValue: 2)

    /// Columns that are rounded together: runs of this length can be rounded apart from each other.
    public var columnsOfScale: Int { contains(.int8By256) ? 256 : contains(.int8By128) ? 128 : 32 }
}
