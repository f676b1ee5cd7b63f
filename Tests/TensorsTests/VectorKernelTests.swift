import Foundation
import Randomness
import Tensors
import Testing

/// Distance in units in the last place of the float next to `exact`.
private func ulps(_ value: Float, _ exact: Double) -> Double {
    if Double(value) == exact || Float(exact) == value { return 0 }
    return abs(Double(value) - exact) / Double(max(Float(abs(exact)).ulp, .leastNonzeroMagnitude))
}

private let lengths = [1, 2, 15, 16, 17, 31, 33, 128, 1000]

@Suite struct VectorKernelTests {
    @Test(arguments: everyKernels)
    func exponentialIsWithinTwoUnitsInTheLastPlace(_ kernels: Kernels) {
        let count = 200_003
        let x = FloatBuffer(count: count), y = FloatBuffer(count: count)
        for i in 0..<count { x[i] = -104 + 192.7 * Float(i) / Float(count - 1) }
        kernels.exponential(x.pointer, count: count, output: y.pointer)
        let worst = (0..<count).map { ulps(y[$0], exp(Double(x[$0]))) }.max() ?? 0
        #expect(worst <= 2, "\(worst) units in the last place")
    }

    @Test(arguments: everyKernels)
    func exponentialOfExtremes(_ kernels: Kernels) {
        let inputs: [Float] = [
            0, -0.0, 88.72, 88.73, 89, 1e30, .infinity, -103,
            -104, -1e30, -.infinity, .nan, 0x1p-140,
        ]
        let x = FloatBuffer(count: inputs.count), y = FloatBuffer(count: inputs.count)
        for (i, value) in inputs.enumerated() { x[i] = value }
        kernels.exponential(x.pointer, count: inputs.count, output: y.pointer)
        for (i, value) in inputs.enumerated() {
            let wanted = Float(exp(Double(value)))
            #expect(
                y[i] == wanted || (y[i].isNaN && wanted.isNaN) || ulps(y[i], Double(wanted)) <= 2,
                "exp(\(value)) = \(y[i])")
        }
    }

    @Test(arguments: everyKernels, lengths)
    func softmaxAgreesWithFloat64(_ kernels: Kernels, _ count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        let x = random.floats(count, in: -20...20)
        if count > 2 { x[1] = -.infinity }
        let scaled = x.elements.map { Double($0 * 0.25) }
        kernels.softmax(x.pointer, count: count, scale: 0.25)
        let largest = scaled.max() ?? 0
        let sum = scaled.reduce(0) { $0 + exp($1 - largest) }
        for i in 0..<count {
            let exact = exp(scaled[i] - largest) / sum
            #expect(abs(Double(x[i]) - exact) <= exact * 2e-6 + 1e-42, "element \(i) of \(count)")
        }
    }

    @Test(arguments: everyKernels)
    func softmaxPassesOnWhatIsNotANumber(_ kernels: Kernels) {
        let x = FloatBuffer(count: 40), nothing = FloatBuffer(count: 20)
        x[17] = .nan
        for i in 0..<20 { nothing[i] = -.infinity }
        kernels.softmax(x.pointer, count: 40)
        kernels.softmax(nothing.pointer, count: 20)
        #expect(x.elements.allSatisfy(\.isNaN) && nothing.elements.allSatisfy(\.isNaN))
    }

    @Test(arguments: everyKernels, lengths)
    func rmsNormAgreesWithFloat64(_ kernels: Kernels, _ count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        let x = random.floats(count, in: -3...3), weight = random.floats(count), output = FloatBuffer(count: count)
        let mean = x.elements.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(count)
        let factor = 1 / (mean + 1e-6).squareRoot()
        kernels.rmsNorm(x.pointer, weight: weight.pointer, epsilon: 1e-6, count: count, output: output.pointer)
        for i in 0..<count {
            let exact = Double(x[i]) * factor * Double(weight[i])
            #expect(abs(Double(output[i]) - exact) <= abs(exact) * 3e-6 + 1e-40, "element \(i) of \(count)")
        }
        kernels.rmsNorm(x.pointer, weight: nil, epsilon: 1e-6, count: count, output: output.pointer)
        #expect(abs(Double(output[count - 1]) - Double(x[count - 1]) * factor) <= 1e-5)
    }

    @Test(arguments: everyKernels, lengths)
    func siluAgreesWithFloat64(_ kernels: Kernels, _ count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        let gate = random.floats(count, in: -30...30), up = random.floats(count)
        gate[0] = -200
        let exact = (0..<count).map { Double(gate[$0]) / (1 + exp(-Double(gate[$0]))) * Double(up[$0]) }
        kernels.siluMultiply(gate.pointer, up.pointer, count: count)
        for i in 0..<count {
            #expect(abs(Double(gate[i]) - exact[i]) <= abs(exact[i]) * 1e-6 + 1e-40, "element \(i) of \(count)")
        }
    }

    @Test(arguments: everyKernels, [RotaryLayout.halves, .pairs])
    func rotationTurnsEachPair(_ kernels: Kernels, _ layout: RotaryLayout) {
        for half in [1, 3, 8, 17, 64] {
            var random = SplitMix64(seed: UInt64(half))
            let x = random.floats(2 * half + 1), cosines = FloatBuffer(count: half), sines = FloatBuffer(count: half)
            for i in 0..<half {
                cosines[i] = Float(cos(Double(i + 1)))
                sines[i] = Float(sin(Double(i + 1)))
            }
            let before = Array(x.elements)
            kernels.rotate(x.pointer, layout, cosines: cosines.pointer, sines: sines.pointer, half: half)
            for i in 0..<half {
                let (first, second) = layout == .halves ? (i, i + half) : (2 * i, 2 * i + 1)
                let (a, b) = (before[first], before[second])
                // Two products and their sum, each rounded: the bits are fixed.
                #expect(x[first] == a * cosines[i] - b * sines[i], "\(layout) half \(half) pair \(i)")
                #expect(x[second] == b * cosines[i] + a * sines[i], "\(layout) half \(half) pair \(i)")
            }
            #expect(x[2 * half] == before[2 * half])
        }
    }

    @Test(arguments: everyKernels, lengths)
    func sumsAreElementwise(_ kernels: Kernels, _ count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        let output = random.floats(count), x = random.floats(count)
        let before = Array(output.elements)
        kernels.addScaled(output.pointer, 0.3, x.pointer, count: count)
        kernels.add(output.pointer, x.pointer, count: count)
        for i in 0..<count { #expect(output[i] == before[i] + 0.3 * x[i] + x[i]) }
    }

    @Test(arguments: everyKernels)
    func argmaxFindsTheFirstOfTheLargest(_ kernels: Kernels) {
        for seed in 1...200 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let count = Int.random(in: 1...80, using: &random)
            let x = FloatBuffer(count: count)
            // Few different values, so that there are equals; some are no numbers.
            for i in 0..<count {
                x[i] = [Float.nan, -.infinity, -1, 0, 2, 2, 3][Int.random(in: 0..<Int(seed % 6) + 2, using: &random)]
            }
            let numbers = x.elements.filter { !$0.isNaN }
            let wanted = numbers.max().flatMap { largest in x.elements.firstIndex { $0 == largest } } ?? 0
            #expect(kernels.argmax(x.pointer, count: count) == wanted, "seed \(seed): \(Array(x.elements))")
        }
    }

    @Test(arguments: vectorKernels)
    func vectorInstructionSetsAgreeBitForBit(_ kernels: Kernels) throws {
        let reference = try #require(vectorKernels.first)
        for count in lengths {
            func results(_ kernels: Kernels) -> [[UInt32]] {
                var random = SplitMix64(seed: UInt64(count))
                let a = random.floats(count, in: -90...90), b = random.floats(count), c = random.floats(count)
                kernels.softmax(a.pointer, count: count, scale: 0.7)
                kernels.siluMultiply(b.pointer, c.pointer, count: count)
                kernels.rmsNorm(c.pointer, weight: b.pointer, epsilon: 1e-5, count: count, output: c.pointer)
                return [a, b, c].map { $0.elements.map(\.bitPattern) }
            }
            #expect(results(kernels) == results(reference), "length \(count)")
        }
    }

    @Test(arguments: everyKernels)
    func theProbeReadsEveryByte(_ kernels: Kernels) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 1)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        guard let base = bytes.baseAddress else { return }
        let empty = kernels.readProbe(base, count: 1000)
        for i in 0..<1000 {
            bytes[i] = 1
            #expect(kernels.readProbe(base, count: 1000) != empty, "byte \(i)")
            bytes[i] = 0
        }
    }
}
