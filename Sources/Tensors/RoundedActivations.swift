import CKernels

/// Inputs of products with packed weights: for each token `columns` numbers, rounded to int8 in blocks of 32 (scale =
/// max|x| / 127, ties to even). A block that holds an infinity or NaN makes its products NaN.
///
/// `@unchecked Sendable` passes the storage between threads, it does not order their accesses: workers round disjoint
/// tokens, and multiply after all have (the end of a fork of a `ComputePool` orders the two).
public final class RoundedActivations: @unchecked Sendable {
    /// Tokens there is room for.
    public let capacity: Int
    /// Numbers of a token, a multiple of 32.
    public let columns: Int
    let blocks: UnsafeMutablePointer<gh_rounded_block>
    private let storage: UnsafeMutableRawPointer

    /// Room for `capacity` tokens, 1.5 bytes a number; contents are undefined.
    public init(capacity: Int, columns: Int) {
        precondition(capacity >= 0 && columns > 0 && columns.isMultiple(of: 32), "not whole blocks")
        self.capacity = capacity
        self.columns = columns
        let (count, overflow) = capacity.multipliedReportingOverflow(by: columns / 32)
        precondition(!overflow && count < Int.max / 256, "no such buffer")
        storage = AlignedStorage.allocate(bytes: max(count, 1) * MemoryLayout<gh_rounded_block>.stride)
        blocks = storage.bindMemory(to: gh_rounded_block.self, capacity: max(count, 1))
    }

    deinit { AlignedStorage.free(storage) }

    /// The blocks of one token.
    func blocks(of token: Int) -> UnsafeMutablePointer<gh_rounded_block> { blocks + token * (columns / 32) }
}

extension Kernels {
    /// Rounds `input[i * inputStride...]`, `columns` floats each, to the tokens `tokens` of `activations`.
    /// The bits are the same for all instruction sets.
    public func round(
        _ input: UnsafePointer<Float>, inputStride: Int, to activations: RoundedActivations, tokens: Range<Int>
    ) {
        precondition(tokens.lowerBound >= 0 && tokens.upperBound <= activations.capacity, "no room for the tokens")
        for (i, token) in tokens.enumerated() {
            table.pointee.round_to_blocks(
                input + i * inputStride, Int64(activations.columns), activations.blocks(of: token))
        }
    }

    /// Rounds `count` floats to the columns from `column` on of one token. Both are multiples of 32.
    public func round(
        _ input: UnsafePointer<Float>, count: Int, to activations: RoundedActivations, token: Int, column: Int
    ) {
        precondition(token >= 0 && token < activations.capacity, "no room for the token")
        precondition(column >= 0 && count >= 0 && column + count <= activations.columns, "columns outside")
        precondition(column.isMultiple(of: 32) && count.isMultiple(of: 32), "not whole blocks")
        table.pointee.round_to_blocks(input, Int64(count), activations.blocks(of: token) + column / 32)
    }
}
