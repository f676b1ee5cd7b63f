import CKernels

/// Inputs of products with packed weights: for each token `columns` numbers, rounded to each of its forms. An int8 block
/// that holds an infinity or NaN makes its products NaN.
///
/// `@unchecked Sendable` passes the storage between threads, it does not order their accesses: workers round disjoint
/// tokens, and multiply after all have (the end of a fork of a `ComputePool` orders the two).
public final class RoundedActivations: @unchecked Sendable {
    /// Tokens there is room for.
    public let capacity: Int
    /// Numbers of a token, a multiple of 32.
    public let columns: Int
    /// What the numbers are rounded to.
    public let forms: RoundedForms
    private let blocks: UnsafeMutablePointer<gh_rounded_block>
    private let blocksBy128: UnsafeMutablePointer<gh_rounded_block>
    private let blocksBy256: UnsafeMutablePointer<gh_rounded_block>
    private let halves: UnsafeMutablePointer<UInt16>
    private let storage: UnsafeMutableRawPointer

    /// Room for `capacity` tokens, 1.5 bytes a number as int8 and two as bfloat16; contents are undefined.
    public init(capacity: Int, columns: Int, forms: RoundedForms = .int8) {
        precondition(capacity >= 0 && columns > 0 && columns.isMultiple(of: 32), "not whole blocks")
        self.capacity = capacity
        self.columns = columns
        let (count, overflow) = capacity.multipliedReportingOverflow(by: columns / 32)
        precondition(!overflow && count < Int.max / 256, "no such buffer")
        self.forms = forms
        precondition(!forms.contains(.int8By256) || columns.isMultiple(of: 256), "not whole units")
        let halfCount = forms.contains(.bfloat16) ? 32 * count : 0
        let counts = [.int8, .int8By128, .int8By256].map { forms.contains($0) ? count : 0 }
        let blockCount = counts.reduce(0, +)
        let halfStart = blockCount * MemoryLayout<gh_rounded_block>.stride
        storage = AlignedStorage.allocate(bytes: max(halfStart + 2 * halfCount, 1))
        blocks = storage.bindMemory(to: gh_rounded_block.self, capacity: blockCount)
        blocksBy128 = blocks + counts[0]
        blocksBy256 = blocksBy128 + counts[1]
        halves = (storage + halfStart).bindMemory(to: UInt16.self, capacity: halfCount)
    }

    deinit { AlignedStorage.free(storage) }

    /// The blocks of one token, in one of the forms of int8.
    func blocks(of token: Int, form: RoundedForms) -> UnsafeMutablePointer<gh_rounded_block> {
        precondition(forms.contains(form), "inputs were not rounded so")
        let first = form == .int8 ? blocks : form == .int8By128 ? blocksBy128 : blocksBy256
        return first + token * (columns / 32)
    }

    /// The bfloat16 numbers of one token.
    func halves(of token: Int) -> UnsafeMutablePointer<UInt16> {
        precondition(forms.contains(.bfloat16), "inputs were not rounded to bfloat16")
        return halves + token * columns
    }
}

extension Kernels {
    /// Rounds `input[i * inputStride...]`, `columns` floats each, to the tokens `tokens` of `activations`.
    /// The bits are the same for all instruction sets.
    public func round(
        _ input: UnsafePointer<Float>, inputStride: Int, to activations: RoundedActivations, tokens: Range<Int>
    ) {
        precondition(tokens.lowerBound >= 0 && tokens.upperBound <= activations.capacity, "no room for the tokens")
        for (i, token) in tokens.enumerated() {
            round(input + i * inputStride, count: activations.columns, to: activations, token: token, column: 0)
        }
    }

    /// Rounds `count` floats to the columns from `column` on of one token. Both are multiples of the forms'
    /// `columnsOfScale`, but for a run that ends where the token does.
    public func round(
        _ input: UnsafePointer<Float>, count: Int, to activations: RoundedActivations, token: Int, column: Int
    ) {
        precondition(token >= 0 && token < activations.capacity, "no room for the token")
        precondition(column >= 0 && count >= 0 && column + count <= activations.columns, "columns outside")
        let together = activations.forms.columnsOfScale, isEnd = column + count == activations.columns
        precondition(
            column.isMultiple(of: together) && (isEnd || count.isMultiple(of: together)), "not whole blocks")
        roundToBlocks(input, count: count, to: activations, form: .int8, token: token, column: column)
        roundToBlocks(input, count: count, to: activations, form: .int8By128, token: token, column: column)
        roundToBlocks(input, count: count, to: activations, form: .int8By256, token: token, column: column)
        if activations.forms.contains(.bfloat16) {
            table.pointee.round_to_bf16(input, Int64(count), activations.halves(of: token) + column)
        }
    }

    /// Does nothing where the form is not wanted.
    private func roundToBlocks(
        _ input: UnsafePointer<Float>, count: Int, to activations: RoundedActivations, form: RoundedForms, token: Int,
        column: Int
    ) {
        guard activations.forms.contains(form) else { return }
        table.pointee.round_to_blocks(
            input, Int64(count), Int64(form.columnsOfScale), activations.blocks(of: token, form: form) + column / 32)
    }
}
