import Randomness
import Tensors
import Testing

@Suite struct FloatConversionTests {
    private static let specials: [Float] = [
        0, -0.0, 1, 65504, 65519.996, 65520, 1e30, .infinity, -.infinity, 0x1p-14, 0x1p-24, 0x1p-25, 0x1.8p-25,
        0x1.002p0, 0x1.006p0, -0x1.ffep-15, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
    ]

    @Test func float16RoundsToTheNearestEven() {
        var random = SplitMix64(seed: 1)
        let inputs =
            Self.specials + (0..<20_000).map { _ in Float(bitPattern: UInt32.random(in: 0 ... .max, using: &random)) }
        var output = [UInt16](repeating: 0, count: inputs.count)
        FloatConversion.toFloat16(inputs, count: inputs.count, output: &output)
        for (value, bits) in zip(inputs, output) {
            let wanted = Float16(value)
            #expect(bits == wanted.bitPattern || (value.isNaN && Float16(bitPattern: bits).isNaN), "\(value)")
        }
    }

    @Test func bfloat16IsTheNearestOfItsNeighbours() {
        var random = SplitMix64(seed: 2)
        let inputs =
            Self.specials + (0..<20_000).map { _ in Float(bitPattern: UInt32.random(in: 0 ... .max, using: &random)) }
        var output = [UInt16](repeating: 0, count: inputs.count)
        FloatConversion.toBFloat16(inputs, count: inputs.count, output: &output)
        for (value, bits) in zip(inputs, output) {
            let rounded = Float(bitPattern: UInt32(bits) << 16)
            if value.isNaN {
                #expect(rounded.isNaN)
                continue
            }
            // The pattern of a positive number grows with it; sixteen bits are cut, ties go to the even pattern.
            let magnitude = UInt64(value.bitPattern & 0x7FFF_FFFF)
            let low = magnitude >> 16, cut = magnitude & 0xFFFF
            let wanted = cut > 0x8000 || (cut == 0x8000 && low % 2 == 1) ? low + 1 : low
            #expect(UInt64(bits & 0x7FFF) == wanted && rounded.sign == value.sign, "\(value)")
        }
    }

    @Test func q8_0KeepsTheLargestAndHalvesRoundAwayFromZero() throws {
        var x = [Float](repeating: 0, count: 64)
        x[0] = -127
        for i in 1..<32 { x[i] = Float(i) + 0.5 }
        x[31] = -30.5
        var block = [UInt8](repeating: 0xAA, count: 68)
        FloatConversion.quantizeQ8_0(x, count: 64, output: &block)
        #expect(block[0] == 0 && block[1] == 0x3C, "the scale is one")
        let quotients: [Int8] = block[2..<34].map { Int8(bitPattern: $0) }
        let wanted: [Int8] = [-127] + (2...31).map { Int8($0) } + [-31]
        #expect(quotients == wanted)
        #expect(block[34...].allSatisfy { $0 == 0 }, "zeros have scale zero")
    }

    @Test func q8_0ErrorIsHalfAStep() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let x = random.floats(256, in: -5...5), back = FloatBuffer(count: 256)
            var row = [UInt8](repeating: 0, count: 8 * 34)
            FloatConversion.quantizeQ8_0(x.pointer, count: 256, output: &row)
            try Kernels(.scalar).dequantize(.q8_0, row, count: 256, into: back.pointer)
            for i in 0..<256 {
                let start = i / 32 * 32
                let step = (start..<start + 32).map { abs(x[$0]) }.max().map { $0 / 127 } ?? 0
                // Half a step, and the rounding of the scale to eleven bits.
                #expect(abs(back[i] - x[i]) <= step * 0.5 + abs(x[i]) * 0x1p-11 + 1e-6, "seed \(seed) element \(i)")
            }
        }
    }

    @Test func q8_0OfWhatIsNotFiniteIsDefined() {
        let x: [Float] = [.infinity, -.infinity, .nan] + [Float](repeating: 1, count: 29)
        var block = [UInt8](repeating: 0, count: 34)
        FloatConversion.quantizeQ8_0(x, count: 32, output: &block)
        #expect(Float16(bitPattern: UInt16(block[0]) | UInt16(block[1]) << 8) == .infinity)
        #expect(block[3..<34].allSatisfy { $0 == 0 || $0 == 0x81 || $0 == 0x7F })
    }
}
