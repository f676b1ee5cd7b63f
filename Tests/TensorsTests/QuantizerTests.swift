import Foundation
import Randomness
import Tensors
import Testing

private let quantizable = ElementType.allCases.filter(\.isQuantizable)
/// Those with scales that are searched for.
private let searched: [ElementType] = [.q4_0, .q4_K, .q5_K, .q6_K, .mxfp4]

/// What llama.cpp reaches; see `Scripts/reference/quantizer_rmse.py`, which wrote it.
private struct ReferenceErrors: Decodable {
    let seed: UInt64
    let count: Int
    let gaussian: [String: Double]
    let apprentice: [String: Double]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/Tensors")

    static func read() throws -> ReferenceErrors {
        let data = try Data(contentsOf: folder.appending(path: "quantizer_rmse.json"))
        return try JSONDecoder().decode(ReferenceErrors.self, from: data)
    }
}

private func bytes(_ x: FloatBuffer, rows: Int = 1, as type: ElementType) throws -> [UInt8] {
    let size = try #require(type.byteCount(elements: x.count))
    var output = [UInt8](repeating: 0xA5, count: size)
    output.withUnsafeMutableBytes {
        guard let base = $0.baseAddress else { return }
        Quantizer.quantize(x.pointer, rows: rows, columns: x.count / rows, to: type, into: base)
    }
    return output
}

private func floats(_ bytes: [UInt8], of type: ElementType) -> FloatBuffer {
    let count = bytes.count / type.blockBytes * type.blockElements
    let output = FloatBuffer(count: count)
    bytes.withUnsafeBytes {
        guard let base = $0.baseAddress else { return }
        Kernels.selected.dequantize(type, base, count: count, into: output.pointer)
    }
    return output
}

private func rootMeanSquare(_ x: FloatBuffer, minus y: FloatBuffer? = nil) -> Double {
    let sum = (0..<x.count).reduce(0.0) { sum, i in
        let difference = Double(x[i]) - Double(y?[i] ?? 0)
        return sum + difference * difference
    }
    return (sum / Double(x.count)).squareRoot()
}

private func relativeError(_ x: FloatBuffer, as type: ElementType) throws -> Double {
    try rootMeanSquare(x, minus: floats(bytes(x, as: type), of: type)) / rootMeanSquare(x)
}

@Suite struct QuantizerTests {
    @Test(arguments: quantizable) func gaussianNumbersAreNoWorseThanWithLlamaCpp(_ type: ElementType) throws {
        let reference = try ReferenceErrors.read()
        var random = SplitMix64(seed: reference.seed)
        let x = FloatBuffer(count: reference.count)
        for i in 0..<x.count {
            let radius = (-2 * log(1 - random.nextUnit())).squareRoot(), angle = 2 * Double.pi * random.nextUnit()
            x[i] = Float(radius * cos(angle))
        }
        let wanted = type == .f32 ? 0 : try #require(reference.gaussian[type.name])
        let error = try relativeError(x, as: type)
        #expect(error <= wanted * 1.0001)
    }

    @Test(arguments: quantizable) func weightsOfAModelAreNoWorseThanWithLlamaCpp(_ type: ElementType) throws {
        let reference = try ReferenceErrors.read()
        let sample = try Data(contentsOf: ReferenceErrors.folder.appending(path: "apprentice_sample.q8_0"))
        let x = floats([UInt8](sample), of: .q8_0)
        try #require(x.count == reference.count)
        let wanted = type == .f32 ? 0 : try #require(reference.apprentice[type.name])
        let error = try relativeError(x, as: type)
        #expect(error <= wanted * 1.0001)
    }

    @Test(arguments: quantizable) func rowsAndBlocksDoNotDependOnEachOther(_ type: ElementType) throws {
        for rows in [1, 3, 8, 11] {
            var random = SplitMix64(seed: UInt64(rows))
            let columns = max(type.blockElements, 32), x = random.floats(rows * columns)
            let whole = try bytes(x, rows: rows, as: type)
            for row in 0..<rows {
                let one = FloatBuffer(count: columns)
                for i in 0..<columns { one[i] = x[row * columns + i] }
                let size = whole.count / rows
                let alone = try bytes(one, as: type)
                #expect(alone == Array(whole[row * size..<(row + 1) * size]), "row \(row) of \(rows)")
            }
        }
    }

    @Test(arguments: [ElementType.mxfp4, .q8_0, .f16, .bf16, .f32])
    func numbersOfTheFormatComeBack(_ type: ElementType) throws {
        var random = SplitMix64(seed: 41)
        let matrix = try #require(WeightMatrix.random(type, rows: 1, columns: 1024, using: &random))
        let x = FloatBuffer(count: 1024)
        Kernels.selected.dequantize(matrix, row: 0, into: x.pointer)
        // A block of Q8_0 keeps its scale if its largest code is 127.
        for i in stride(from: 0, to: 1024, by: 32) where type == .q8_0 {
            let scale = Float(
                Float16(bitPattern: matrix.region.base.loadUnaligned(fromByteOffset: i / 32 * 34, as: UInt16.self)))
            for j in i..<i + 32 { x[j] = max(min(x[j], 127 * abs(scale)), -127 * abs(scale)) }
            x[i] = 127 * scale
        }
        let y = try floats(bytes(x, as: type), of: type)
        #expect(Array(y.elements) == Array(x.elements))
    }

    /// Also of scales that float16 holds badly or not at all.
    @Test(arguments: searched) func noNumberIsWorseThanZero(_ type: ElementType) throws {
        for exponent in stride(from: -149, through: 127, by: 3) {
            var random = SplitMix64(seed: UInt64(exponent + 200))
            let x = random.floats(1024, in: exponent % 2 == 0 ? -1...1 : 0.5...1)
            for i in 0..<x.count {
                x[i] =
                    exponent < -126
                    ? x[i] * 0x1p-126 * Float(sign: .plus, exponent: exponent + 126, significand: 1)
                    : x[i] * Float(sign: .plus, exponent: exponent, significand: 1)
            }
            let y = try floats(bytes(x, as: type), of: type)
            if exponent < 12 || type == .mxfp4 {
                #expect(rootMeanSquare(x, minus: y) <= rootMeanSquare(x) * 1.00001, "2^\(exponent)")
            }
            if (-10...10).contains(exponent) { #expect(rootMeanSquare(x, minus: y) < rootMeanSquare(x) * 0.15) }
        }
    }

    @Test(arguments: searched) func blocksOfZerosAreZero(_ type: ElementType) throws {
        let x = FloatBuffer(count: 1024)
        x[700] = 1
        let y = try floats(bytes(x, as: type), of: type)
        for i in 0..<1024 where i / type.blockElements != 700 / type.blockElements { #expect(y[i] == 0) }
        #expect(abs(y[700] - 1) < 0.01)
    }

    @Test(arguments: searched, [Float.nan, .infinity, -.infinity])
    func aNumberThatIsNotFiniteIsNotHidden(_ type: ElementType, _ value: Float) throws {
        var random = SplitMix64(seed: 42)
        let x = random.floats(1024), size = type.blockElements
        x[600] = value
        let y = try floats(bytes(x, as: type), of: type)
        for i in 0..<1024 {
            let isHit = i / size == 600 / size
            #expect(isHit ? (type == .mxfp4 ? y[i] == .infinity : y[i].isNaN) : y[i].isFinite, "element \(i)")
        }
    }

    @Test func onlyTypesOfFilesAreWritten() {
        #expect(quantizable.filter(\.isInGGUF) == quantizable)
        #expect(Set(searched).isSubset(of: quantizable))
    }
}
