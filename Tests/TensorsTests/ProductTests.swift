import Randomness
import Tensors
import Testing

/// Any number of columns for plain types, whole blocks for the others.
private func columns(of type: ElementType, using random: inout SplitMix64) -> Int {
    type.blockElements == 1
        ? Int.random(in: 1...300, using: &random) : type.blockElements * Int.random(in: 1...5, using: &random)
}

@Suite struct ProductTests {
    @Test(arguments: everyKernels, ElementType.allCases)
    func productsAgreeWithFloat64(_ kernels: Kernels, _ type: ElementType) throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let columns = columns(of: type, using: &random), rows = Int.random(in: 1...11, using: &random)
            let tokens = Int.random(in: 1...14, using: &random)
            let matrix = WeightMatrix.random(
                type, rows: rows, columns: columns, misalignment: Int(seed) % 3, using: &random)
            let weights = try #require(matrix)
            let input = random.floats(columns * tokens)
            let product = Product(kernels, weights, rows: 0..<rows, input: input, tokens: tokens)
            let row = FloatBuffer(count: columns)
            for r in 0..<rows {
                kernels.dequantize(weights, row: r, into: row.pointer)
                for t in 0..<tokens {
                    var exact = 0.0, size = 0.0
                    for i in 0..<columns {
                        let term = Double(row[i]) * Double(input[t * columns + i])
                        exact += term
                        size += abs(term)
                    }
                    // Each lane adds columns / 16 terms, and the tree four more.
                    let allowed = size * Double(columns / 16 + 8) * 0x1p-24
                    let error = abs(Double(product[t, r]) - exact)
                    #expect(error <= allowed, "\(type.name) seed \(seed) row \(r) token \(t): off by \(error)")
                }
            }
        }
    }

    @Test(arguments: vectorKernels, ElementType.allCases)
    func vectorProductsHaveTheDocumentedOrder(_ kernels: Kernels, _ type: ElementType) throws {
        var random = SplitMix64(seed: 77)
        let columns = columns(of: type, using: &random)
        let weights = try #require(WeightMatrix.random(type, rows: 7, columns: columns, using: &random))
        let input = random.floats(columns)
        let product = Product(kernels, weights, rows: 0..<7, input: input, tokens: 1)
        let row = FloatBuffer(count: columns)
        for r in 0..<7 {
            kernels.dequantize(weights, row: r, into: row.pointer)
            var lanes = [Float](repeating: 0, count: 16)
            for i in 0..<columns { lanes[i % 16].addProduct(row[i], input[i]) }
            for width in [8, 4, 2, 1] {
                for lane in 0..<width { lanes[lane] += lanes[lane + width] }
            }
            #expect(product[0, r].bitPattern == lanes[0].bitPattern, "\(type.name) row \(r)")
        }
    }

    @Test(arguments: everyKernels, ElementType.allCases)
    func bitsDependNeitherOnTheBatchNorOnTheSplitOfRows(_ kernels: Kernels, _ type: ElementType) throws {
        var random = SplitMix64(seed: 5)
        let columns = columns(of: type, using: &random), rows = 13, tokens = 15
        let weights = try #require(WeightMatrix.random(type, rows: rows, columns: columns, using: &random))
        let input = random.floats(columns * tokens)
        let whole = Product(kernels, weights, rows: 0..<rows, input: input, tokens: tokens)
        for t in 0..<tokens {
            let part = t % 3..<rows - t % 4
            let alone = Product(kernels, weights, rows: part, input: input, firstToken: t, tokens: 1)
            for (index, r) in part.enumerated() {
                #expect(alone[0, index].bitPattern == whole[t, r].bitPattern, "\(type.name) token \(t) row \(r)")
            }
        }
    }

    @Test(arguments: vectorKernels, [1, 7])
    func panelsOfLongRowsCoverEveryRow(_ kernels: Kernels, _ tokens: Int) throws {
        var random = SplitMix64(seed: 9)
        let columns = 256 * 20, rows = 70
        let weights = try #require(WeightMatrix.random(.q4_K, rows: rows, columns: columns, using: &random))
        let input = random.floats(columns * tokens)
        let product = Product(kernels, weights, rows: 0..<rows, input: input, tokens: tokens)
        for r in 0..<rows {
            let one = Product(kernels, weights, rows: r..<r + 1, input: input, tokens: tokens)
            for t in 0..<tokens { #expect(one[t, 0].bitPattern == product[t, r].bitPattern, "row \(r) token \(t)") }
        }
    }

    @Test(arguments: everyKernels, [1, 2, 3])
    func aPoolGivesTheBitsOfOneThread(_ kernels: Kernels, _ threads: Int) throws {
        var random = SplitMix64(seed: 11)
        let pool = ComputePool(threads: threads)
        for tokens in [1, 5] {
            let weights = try #require(WeightMatrix.random(.q8_0, rows: 333, columns: 512, using: &random))
            let input = random.floats(512 * tokens), output = FloatBuffer(count: 333 * tokens)
            pool.multiply(weights, input: input.pointer, tokens: tokens, output: output.pointer, kernels: kernels)
            let wanted = Product(kernels, weights, rows: 0..<333, input: input, tokens: tokens)
            for t in 0..<tokens {
                for r in 0..<333 { #expect(output[t * 333 + r].bitPattern == wanted[t, r].bitPattern) }
            }
        }
    }
}

/// The result of `Kernels.multiply` with guards behind every row of the output.
private struct Product {
    private let output: FloatBuffer
    private let stride: Int

    init(
        _ kernels: Kernels, _ weights: WeightMatrix, rows: Range<Int>, input: FloatBuffer, firstToken: Int = 0,
        tokens: Int
    ) {
        stride = rows.count + 1
        output = FloatBuffer(count: stride * tokens)
        for t in 0..<tokens { output[t * stride + rows.count] = 42 }
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: Kernels.productScratchBytes(columns: weights.columns), alignment: 64)
        defer { scratch.deallocate() }
        kernels.multiply(
            weights, rows: rows, input: input.pointer + firstToken * weights.columns, inputStride: weights.columns,
            tokens: tokens, output: output.pointer, outputStride: stride, scratch: scratch)
        for t in 0..<tokens {
            #expect(output[t * stride + rows.count] == 42, "wrote behind the rows of token \(t)")
        }
    }

    subscript(token: Int, row: Int) -> Float { output[token * stride + row] }
}
