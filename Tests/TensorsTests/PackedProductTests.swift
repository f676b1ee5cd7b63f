import Randomness
import Tensors
import Testing

/// A packed matrix, rounded inputs, and the same inputs as numbers.
private struct Case {
    let weights: WeightMatrix
    let packed: PackedMatrix
    let input: FloatBuffer
    let activations: RoundedActivations

    init(
        _ type: ElementType, rows: Int, columns: Int, tokens: Int, range: ClosedRange<Float> = -3...3,
        using random: inout SplitMix64
    ) throws {
        weights = try #require(WeightMatrix.random(type, rows: rows, columns: columns, misalignment: 1, using: &random))
        packed = try #require(PackedMatrix(packing: weights))
        input = random.floats(tokens * columns, in: range)
        activations = RoundedActivations(capacity: tokens, columns: columns, forms: packed.form)
        Kernels.selected.round(input.pointer, inputStride: columns, to: activations, tokens: 0..<tokens)
    }

    /// All rows by `tokens`, densely; what lies behind the last row must stay as it is.
    func product(_ kernels: Kernels, tokens: Range<Int>) -> [Float] {
        let stride = packed.rows + 3
        let output = FloatBuffer(count: stride * tokens.count)
        for i in 0..<output.count { output[i] = -1.5 }
        kernels.multiply(
            packed: packed, rows: 0..<packed.rows, activations: activations, tokens: tokens, output: output.pointer,
            outputStride: stride)
        return (0..<tokens.count).flatMap { token in
            let row = output.elements[token * stride..<(token + 1) * stride]
            #expect(row.suffix(3).allSatisfy { $0 == -1.5 }, "rows that are not there were written")
            return Array(row.dropLast(3))
        }
    }
}

/// Token `token` as products read it: bfloat16, or int8 with scale = max|x| / 127 of 32, 128 or 256, ties to even.
private func rounded(_ x: FloatBuffer, token: Int, columns: Int, form: RoundedForms) -> [Double] {
    var result: [Double] = []
    if form == .bfloat16 {
        return x.elements[token * columns..<(token + 1) * columns].map { number in
            // Eight bits: adding and taking off a number 2^16 larger rounds to them, ties to even.
            let large = number.binade * 0x1.8p16
            return Double(number + large - large)
        }
    }
    let together = form.columnsOfScale
    for start in stride(from: token * columns, to: (token + 1) * columns, by: together) {
        let block = x.elements[start..<min(start + together, (token + 1) * columns)]
        let largest = block.map(abs).max() ?? 0
        let scale = largest / 127, inverse = largest > 0 ? 127 / largest : 0
        result += block.map { Double(scale) * Double(($0 * inverse).rounded(.toNearestOrEven)) }
    }
    return result
}

@Suite struct PackedProductTests {
    @Test(arguments: everyKernels, packable)
    func onlyTheInputIsRounded(_ kernels: Kernels, _ type: ElementType) throws {
        for seed in 1...6 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let columns = max(type.blockElements, 32) * Int.random(in: 1...5, using: &random)
            let rows = Int.random(in: 1...70, using: &random), tokens = Int.random(in: 1...9, using: &random)
            let it = try Case(type, rows: rows, columns: columns, tokens: tokens, using: &random)
            let output = it.product(kernels, tokens: 0..<tokens), row = FloatBuffer(count: columns)
            for t in 0..<tokens {
                let x = rounded(it.input, token: t, columns: columns, form: it.packed.form)
                for r in 0..<rows {
                    kernels.dequantize(it.weights, row: r, into: row.pointer)
                    var exact = 0.0, size = 0.0
                    for i in 0..<columns {
                        exact += Double(row[i]) * x[i]
                        size += abs(Double(row[i]) * x[i])
                    }
                    // Scales and minimums are applied to sums, so terms that cancel in a weight count by themselves.
                    let allowed = (size + 0.3 * Double(columns)) * 0x1p-21
                    let error = abs(Double(output[t * rows + r]) - exact)
                    #expect(error <= allowed, "\(type.name) seed \(seed) row \(r) token \(t)")
                }
            }
        }
    }

    @Test(arguments: everyKernels, packable)
    func instructionSetsAgreeBitForBit(_ kernels: Kernels, _ type: ElementType) throws {
        let reference = try Kernels(.scalar)
        var random = SplitMix64(seed: 41)
        let it = try Case(type, rows: 75, columns: 768, tokens: 11, using: &random)
        let wanted = it.product(reference, tokens: 0..<11).map(\.bitPattern)
        #expect(it.product(kernels, tokens: 0..<11).map(\.bitPattern) == wanted)
    }

    @Test(arguments: everyKernels, packable)
    func bitsDependNeitherOnTheBatchNorOnTheSplitOfRows(_ kernels: Kernels, _ type: ElementType) throws {
        var random = SplitMix64(seed: 42)
        let rows = 59, tokens = 23
        let it = try Case(type, rows: rows, columns: 512, tokens: tokens, using: &random)
        let whole = it.product(kernels, tokens: 0..<tokens)
        for t in 0..<tokens {
            let few = t..<min(t + 1 + t % 5, tokens)
            #expect(it.product(kernels, tokens: few) == Array(whole[t * rows..<few.upperBound * rows]), "token \(t)")
        }
        for range in [0..<16, 16..<32, 16..<59, 48..<59, 32..<32] {
            let order = (0..<tokens).map { Int32(($0 * 7 + 3) % tokens) }, output = FloatBuffer(count: rows * tokens)
            order.withUnsafeBufferPointer {
                kernels.multiply(
                    packed: it.packed, rows: range, activations: it.activations, order: $0, output: output.pointer,
                    outputStride: rows)
            }
            let part = it.packed.rows(range), dense = FloatBuffer(count: rows * tokens)
            kernels.multiply(
                packed: part, rows: 0..<part.rows, activations: it.activations, tokens: 0..<tokens,
                output: dense.pointer, outputStride: rows)
            for (i, token) in order.enumerated() {
                let wanted = Array(whole[Int(token) * rows..<(Int(token) + 1) * rows][...])[range]
                #expect(Array(output.elements[i * rows..<i * rows + range.count]) == Array(wanted), "\(range) \(i)")
                let first = Int(token) * rows
                #expect(Array(dense.elements[first..<first + range.count]) == Array(wanted), "\(range) \(i)")
            }
        }
    }

    /// The largest codes with the largest inputs of one sign: what could pass 16 bits somewhere would show.
    @Test(arguments: everyKernels, packable.filter { $0 != .bf16 })
    func noSumOverflows(_ kernels: Kernels, _ type: ElementType) throws {
        for code in [0x00, 0x77, 0x7F, 0x80, 0xFF] as [UInt8] {
            for sign in [1, -1] as [Float] {
                var random = SplitMix64(seed: 43)
                let weights = try #require(
                    WeightMatrix.uniform(type, rows: 16, columns: 512, code: code, using: &random))
                let packed = try #require(PackedMatrix(packing: weights))
                let x = FloatBuffer(count: 512), row = FloatBuffer(count: 512), output = FloatBuffer(count: 16)
                for i in 0..<512 { x[i] = sign * 127 }
                let activations = RoundedActivations(capacity: 1, columns: 512, forms: packed.form)
                kernels.round(x.pointer, inputStride: 512, to: activations, tokens: 0..<1)
                kernels.multiply(
                    packed: packed, rows: 0..<16, activations: activations, tokens: 0..<1, output: output.pointer,
                    outputStride: 16)
                for r in 0..<16 {
                    kernels.dequantize(weights, row: r, into: row.pointer)
                    let exact = row.elements.reduce(0.0) { $0 + Double($1) * Double(sign * 127) }
                    let size = row.elements.reduce(1.0) { $0 + abs(Double($1)) * 127 }
                    #expect(abs(Double(output[r]) - exact) <= 2e-5 * size, "\(type.name) \(code) \(sign) row \(r)")
                }
            }
        }
    }

    @Test(arguments: everyKernels)
    func everyScaleOfMXFP4IsRead(_ kernels: Kernels) throws {
        let region = ByteRegion(count: 256 * 17) { bytes in
            for r in 0..<256 {
                bytes.storeBytes(of: UInt8(r), toByteOffset: r * 17, as: UInt8.self)
                for i in 1..<17 { bytes.storeBytes(of: 0x12, toByteOffset: r * 17 + i, as: UInt8.self) }
            }
        }
        let weights = try #require(WeightMatrix(type: .mxfp4, rows: 256, columns: 32, region: region))
        let packed = try #require(PackedMatrix(packing: weights))
        let x = FloatBuffer(count: 32), output = FloatBuffer(count: 256), row = FloatBuffer(count: 32)
        x[0] = 127
        let activations = RoundedActivations(capacity: 1, columns: 32, forms: packed.form)
        kernels.round(x.pointer, inputStride: 32, to: activations, tokens: 0..<1)
        kernels.multiply(
            packed: packed, rows: 0..<256, activations: activations, tokens: 0..<1, output: output.pointer,
            outputStride: 256)
        for r in 0..<256 {
            kernels.dequantize(weights, row: r, into: row.pointer)
            #expect(output[r] == 127 * row[0], "scale \(r)")
        }
    }

    @Test(arguments: everyKernels, packable)
    func inputsThatAreNotFiniteAreNotHidden(_ kernels: Kernels, _ type: ElementType) throws {
        var random = SplitMix64(seed: 44)
        let it = try Case(type, rows: 21, columns: 256, tokens: 3, using: &random)
        let clean = it.product(kernels, tokens: 0..<3)
        for value in [Float.nan, .infinity, -.infinity] {
            it.input[256 + 77] = value
            kernels.round(it.input.pointer, inputStride: 256, to: it.activations, tokens: 0..<3)
            let output = it.product(kernels, tokens: 0..<3)
            #expect(output[21..<42].allSatisfy { $0.isNaN || type == .bf16 && $0.isInfinite }, "\(value)")
            #expect(output[0..<21] == clean[0..<21] && output[42...] == clean[42...], "other tokens of \(value)")
        }
    }

    @Test(arguments: everyKernels)
    func allInstructionSetsRoundAlike(_ kernels: Kernels) throws {
        var random = SplitMix64(seed: 45)
        let scalar = try Kernels(.scalar)
        let it = try Case(.q4_K, rows: 16, columns: 256, tokens: 5, range: -1e3...1e3, using: &random)
        scalar.round(it.input.pointer, inputStride: 256, to: it.activations, tokens: 0..<5)
        let wanted = it.product(scalar, tokens: 0..<5)
        kernels.round(it.input.pointer, inputStride: 256, to: it.activations, tokens: 0..<5)
        #expect(it.product(scalar, tokens: 0..<5) == wanted)
    }

    @Test(arguments: everyKernels, [RoundedForms.int8, .bfloat16])
    func theProbesCountTheirOperations(_ kernels: Kernels, _ form: RoundedForms) {
        #expect(kernels.productProbe(rounds: 0, form: form) == 0)
        #expect(kernels.productProbe(rounds: 20, form: form) == 20 * kernels.productProbe(rounds: 1, form: form))
        #expect(kernels.productProbe(rounds: 1, form: form) > 0)
    }

    @Test func inputsMayBeRoundedInTwoForms() throws {
        var random = SplitMix64(seed: 47)
        for type in [.bf16, .q5_1] as [ElementType] {
            let it = try Case(type, rows: 33, columns: 96, tokens: 4, using: &random)
            let output = FloatBuffer(count: 33 * 4)
            let both = RoundedActivations(capacity: 4, columns: 96, forms: [.int8, .bfloat16])
            Kernels.selected.round(it.input.pointer, inputStride: 96, to: both, tokens: 0..<4)
            Kernels.selected.multiply(
                packed: it.packed, rows: 0..<33, activations: both, tokens: 0..<4, output: output.pointer,
                outputStride: 33)
            #expect(Array(output.elements) == it.product(.selected, tokens: 0..<4))
        }
    }

    @Test(arguments: [1, 2, 9])
    func aPoolGivesTheSameBits(tokens: Int) throws {
        var random = SplitMix64(seed: 46)
        let pool = ComputePool(threads: 2)
        let it = try Case(.q4_K, rows: 1003, columns: 512, tokens: tokens, using: &random)
        let wanted = it.product(.selected, tokens: 0..<tokens), output = FloatBuffer(count: 1003 * tokens)
        let activations = RoundedActivations(capacity: tokens, columns: 512, forms: it.packed.form)
        pool.round(it.input.pointer, inputStride: 512, to: activations, tokens: tokens)
        pool.multiply(packed: it.packed, activations: activations, tokens: 0..<tokens, output: output.pointer)
        #expect(Array(output.elements) == wanted)
    }
}

extension WeightMatrix {
    /// Random scales, and codes that are all made of the byte `code`.
    fileprivate static func uniform(
        _ type: ElementType, rows: Int, columns: Int, code: UInt8, using random: inout SplitMix64
    ) -> WeightMatrix? {
        guard let source = WeightMatrix.random(type, rows: rows, columns: columns, using: &random) else { return nil }
        let codes: Range<Int> =
            switch type {
            case .q8_0, .q4_0, .iq4_NL: 2..<type.blockBytes
            case .q4_1: 4..<20
            case .q5_0: 2..<22
            case .q5_1: 4..<24
            case .mxfp4: 1..<17
            case .q4_K, .q5_K: 4..<type.blockBytes
            case .q6_K: 0..<192
            default: 8..<type.blockBytes
            }
        let region = ByteRegion(count: source.region.count) { bytes in
            bytes.copyMemory(from: source.region.base, byteCount: source.region.count)
            for block in stride(from: 0, to: source.region.count, by: type.blockBytes) {
                for i in codes { bytes.storeBytes(of: code, toByteOffset: block + i, as: UInt8.self) }
            }
        }
        return WeightMatrix(type: type, rows: rows, columns: columns, region: region)
    }
}
