import Randomness
import Tensors
import Testing

private let quantized: [ElementType] = [
    .q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_NL, .iq4_XS, .mxfp4,
]

/// `x` as its int8 blocks read back: scale = max|x| / 127, ties to even.
private func rounded(_ x: FloatBuffer) -> [Double] {
    var result: [Double] = []
    for start in stride(from: 0, to: x.count, by: 32) {
        let block = x.elements[start..<start + 32]
        let largest = block.map(abs).max() ?? 0
        let scale = largest / 127, inverse = largest > 0 ? 127 / largest : 0
        result += block.map { Double(scale) * Double(($0 * inverse).rounded(.toNearestOrEven)) }
    }
    return result
}

private func product(
    _ kernels: Kernels, _ weights: WeightMatrix, rows: Range<Int>, input: UnsafePointer<Float>, tokens: Int,
    _ precision: ActivationPrecision
) -> FloatBuffer {
    let output = FloatBuffer(count: rows.count * tokens)
    let scratch = UnsafeMutableRawPointer.allocate(
        byteCount: Kernels.productScratchBytes(columns: weights.columns), alignment: 64)
    defer { scratch.deallocate() }
    kernels.multiply(
        weights, rows: rows, input: input, inputStride: weights.columns, tokens: tokens, output: output.pointer,
        outputStride: rows.count, scratch: scratch, precision: precision)
    return output
}

@Suite struct Int8ProductTests {
    @Test(arguments: everyKernels, quantized)
    func onlyTheInputIsRounded(_ kernels: Kernels, _ type: ElementType) throws {
        for seed in 1...8 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let columns = type.blockElements * Int.random(in: 1...5, using: &random), rows = 7
            let weights = try #require(
                WeightMatrix.random(type, rows: rows, columns: columns, misalignment: Int(seed) % 3, using: &random))
            let input = random.floats(columns, in: -3...3), row = FloatBuffer(count: columns)
            for i in 0..<min(32, columns) where seed == 2 { input[i] = 0 }
            let x = rounded(input)
            let output = product(kernels, weights, rows: 0..<rows, input: input.pointer, tokens: 1, .int8)
            for r in 0..<rows {
                kernels.dequantize(weights, row: r, into: row.pointer)
                var exact = 0.0, size = 0.0
                for i in 0..<columns {
                    exact += Double(row[i]) * x[i]
                    size += abs(Double(row[i]) * x[i])
                }
                // Scales and minimums are applied to sums, so terms that cancel in a weight count by themselves.
                let allowed = (size + 0.3 * Double(columns)) * 0x1p-21
                #expect(abs(Double(output[r]) - exact) <= allowed, "\(type.name) seed \(seed) row \(r)")
            }
        }
    }

    @Test(arguments: vectorKernels, quantized)
    func vectorInstructionSetsAgreeBitForBit(_ kernels: Kernels, _ type: ElementType) throws {
        let reference = try #require(vectorKernels.first)
        var random = SplitMix64(seed: 21)
        let weights = try #require(WeightMatrix.random(type, rows: 9, columns: 768, using: &random))
        let input = random.floats(768 * 3)
        let output = product(kernels, weights, rows: 0..<9, input: input.pointer, tokens: 3, .int8)
        let wanted = product(reference, weights, rows: 0..<9, input: input.pointer, tokens: 3, .int8)
        #expect(output.elements.map(\.bitPattern) == wanted.elements.map(\.bitPattern))
    }

    @Test(arguments: everyKernels, quantized)
    func bitsDependNeitherOnTheBatchNorOnTheSplitOfRows(_ kernels: Kernels, _ type: ElementType) throws {
        var random = SplitMix64(seed: 22)
        let rows = 37, tokens = 50
        let weights = try #require(WeightMatrix.random(type, rows: rows, columns: 512, using: &random))
        let input = random.floats(512 * tokens)
        let whole = product(kernels, weights, rows: 0..<rows, input: input.pointer, tokens: tokens, .int8)
        for t in 0..<tokens {
            let part = t % 5..<rows - t % 7
            let alone = product(kernels, weights, rows: part, input: input.pointer + t * 512, tokens: 1, .int8)
            for (index, r) in part.enumerated() {
                #expect(alone[index].bitPattern == whole[t * rows + r].bitPattern, "token \(t) row \(r)")
            }
        }
    }

    @Test(arguments: everyKernels, quantized)
    func inputsThatAreNotFiniteAreNotHidden(_ kernels: Kernels, _ type: ElementType) throws {
        var random = SplitMix64(seed: 23)
        let weights = try #require(WeightMatrix.random(type, rows: 5, columns: 256, using: &random))
        for value in [Float.nan, .infinity, -.infinity] {
            let input = random.floats(256)
            input[77] = value
            let output = product(kernels, weights, rows: 0..<5, input: input.pointer, tokens: 1, .int8)
            #expect(output.elements.allSatisfy { $0.isNaN }, "\(value)")
        }
        let tiny = random.floats(256, in: -0x1p-120...0x1p-120)
        let output = product(kernels, weights, rows: 0..<5, input: tiny.pointer, tokens: 1, .int8)
        #expect(output.elements.allSatisfy { abs($0) < 0x1p-100 })
    }

    @Test(arguments: [ElementType.f32, .f16, .bf16, .f8E4M3])
    func plainWeightsKeepTheExactPath(_ type: ElementType) throws {
        var random = SplitMix64(seed: 24)
        let weights = try #require(WeightMatrix.random(type, rows: 5, columns: 128, using: &random))
        let input = random.floats(384)
        let output = product(.selected, weights, rows: 0..<5, input: input.pointer, tokens: 3, .int8)
        let wanted = product(.selected, weights, rows: 0..<5, input: input.pointer, tokens: 3, .float32)
        #expect(Array(output.elements) == Array(wanted.elements))
    }

    @Test func aPoolTakesThePrecision() throws {
        var random = SplitMix64(seed: 25)
        let pool = ComputePool(threads: 2)
        let weights = try #require(WeightMatrix.random(.q4_K, rows: 300, columns: 512, using: &random))
        let input = random.floats(512), output = FloatBuffer(count: 300)
        pool.multiply(weights, input: input.pointer, output: output.pointer, precision: .int8)
        let wanted = product(.selected, weights, rows: 0..<300, input: input.pointer, tokens: 1, .int8)
        #expect(Array(output.elements) == Array(wanted.elements))
    }
}
