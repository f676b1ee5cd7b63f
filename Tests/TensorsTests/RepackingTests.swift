import Randomness
import Tensors
import Testing

extension SplitMix64 {
    fileprivate mutating func region(_ count: Int, in range: ClosedRange<UInt8> = 0...255) -> ByteRegion {
        let bytes = OwnedBytes(count: count, misalignment: 3)
        for i in 0..<count {
            bytes.base.storeBytes(of: UInt8.random(in: range, using: &self), toByteOffset: i, as: UInt8.self)
        }
        return ByteRegion(base: bytes.base, count: count, owner: bytes)
    }
}

extension ByteRegion {
    fileprivate subscript(_ index: Int) -> UInt8 { base.load(fromByteOffset: index, as: UInt8.self) }
}

extension WeightMatrix {
    fileprivate func floats(row: Int) -> [Float] {
        let output = FloatBuffer(count: columns)
        Kernels.selected.dequantize(self, row: row, into: output.pointer)
        return Array(output.elements)
    }
}

/// A number in E4M3 by its definition.
private func e4m3(_ code: UInt8) -> Float {
    let exponent = Int(code >> 3 & 15), fraction = Float(code & 7) / 8
    let magnitude =
        code & 0x7F == 0x7F
        ? Float.nan
        : exponent == 0
            ? fraction * 0x1p-6 : (1 + fraction) * Float(sign: .plus, exponent: exponent - 7, significand: 1)
    return code & 0x80 == 0 ? magnitude : -magnitude
}

@Suite struct BlockScaledFP8Tests {
    struct Shape: Sendable {
        let rows, columns, blockRows, blockColumns: Int
        let type: ElementType
    }
    static let shapes = [
        Shape(rows: 5, columns: 384, blockRows: 2, blockColumns: 128, type: .f8E4M3),
        Shape(rows: 129, columns: 256, blockRows: 128, blockColumns: 128, type: .f8E4M3),
        Shape(rows: 4, columns: 640, blockRows: 4, blockColumns: 256, type: .f8E4M3),
        Shape(rows: 3, columns: 200, blockRows: 128, blockColumns: 128, type: .f32),
        Shape(rows: 3, columns: 128, blockRows: 1, blockColumns: 32, type: .f32),
    ]

    @Test(arguments: shapes) func everyElementHasItsScale(_ shape: Shape) throws {
        var random = SplitMix64(seed: 31)
        let grid = (
            rows: (shape.rows + shape.blockRows - 1) / shape.blockRows,
            columns: (shape.columns + shape.blockColumns - 1) / shape.blockColumns
        )
        let values = (0..<grid.rows * grid.columns).map { _ in Float.random(in: -0.1...0.1, using: &random) }
        let scales = try #require(
            BlockScales(
                values: values, rows: grid.rows, columns: grid.columns, blockRows: shape.blockRows,
                blockColumns: shape.blockColumns))
        let weights = random.region(shape.rows * shape.columns)
        let matrix = try #require(
            WeightMatrix.blockScaledFP8(weights: weights, rows: shape.rows, columns: shape.columns, scales: scales))
        #expect(matrix.type == shape.type)
        for row in 0..<shape.rows {
            for (column, value) in matrix.floats(row: row).enumerated() {
                let number = e4m3(weights[row * shape.columns + column])
                let wanted = number * values[row / shape.blockRows * grid.columns + column / shape.blockColumns]
                let same = value.bitPattern == wanted.bitPattern || (value.isNaN && wanted.isNaN)
                #expect(same, "row \(row) column \(column): \(value), not \(wanted)")
            }
        }
    }

    @Test func sizesThatDoNotFitAreRefused() throws {
        var random = SplitMix64(seed: 32)
        let weights = random.region(256 * 4)
        func matrix(_ rows: Int, _ columns: Int, _ grid: (Int, Int), _ block: (Int, Int)) -> WeightMatrix? {
            BlockScales(
                values: [Float](repeating: 1, count: grid.0 * grid.1), rows: grid.0, columns: grid.1,
                blockRows: block.0, blockColumns: block.1
            ).flatMap { WeightMatrix.blockScaledFP8(weights: weights, rows: rows, columns: columns, scales: $0) }
        }
        #expect(matrix(4, 256, (2, 2), (2, 128)) != nil)
        #expect(matrix(4, 256, (3, 2), (2, 128)) == nil)
        #expect(matrix(4, 256, (2, 1), (2, 128)) == nil)
        #expect(matrix(4, 128, (2, 1), (2, 128)) == nil)
        #expect(matrix(-4, -256, (2, 2), (2, 128)) == nil)
        #expect(matrix(.max, .max, (1, 1), (.max, .max)) == nil)
        #expect(matrix(4, 256, (2, 2), (0, 128)) == nil)
        #expect(BlockScales(values: [1], rows: 1, columns: 2, blockRows: 1, blockColumns: 1) == nil)
        #expect(BlockScales(values: [1], rows: .max, columns: 2, blockRows: 1, blockColumns: 1) == nil)
    }
}

@Suite struct MXFP4RepackingTests {
    private static let numbers: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6]

    @Test(arguments: [(0, 1, 6), (0, 2, 3), (1, 2, 3), (5, 1, 1), (2, 3, 2), (6, 1, 0)])
    func rowsAreTakenInSteps(_ first: Int, _ step: Int, _ rows: Int) throws {
        var random = SplitMix64(seed: 33)
        let columns = 96
        let blocks = random.region(6 * columns / 2), scales = random.region(6 * columns / 32, in: 100...140)
        let matrix = try #require(
            WeightMatrix.mxfp4(
                blocks: blocks, scales: scales, rows: rows, columns: columns, firstRow: first, rowStep: step))
        #expect(matrix.type == .mxfp4)
        #expect(matrix.rows == rows)
        for row in 0..<rows {
            for (column, value) in matrix.floats(row: row).enumerated() {
                let element = (first + row * step) * columns + column
                let code = Int(blocks[element / 2]) >> (element % 2 * 4) & 15
                let scale = Float(sign: .plus, exponent: Int(scales[element / 32]) - 127, significand: 1)
                let wanted = Self.numbers[code & 7] * (code < 8 ? scale : -scale)
                #expect(value == wanted, "row \(row) column \(column)")
            }
        }
    }

    @Test func sizesThatDoNotFitAreRefused() {
        var random = SplitMix64(seed: 34)
        let blocks = random.region(4 * 64 / 2), scales = random.region(4 * 64 / 32)
        func matrix(rows: Int, columns: Int = 64, first: Int = 0, step: Int = 1) -> WeightMatrix? {
            WeightMatrix.mxfp4(
                blocks: blocks, scales: scales, rows: rows, columns: columns, firstRow: first, rowStep: step)
        }
        #expect(matrix(rows: 4) != nil)
        #expect(matrix(rows: 5) == nil)
        #expect(matrix(rows: 4, first: 1) == nil)
        #expect(matrix(rows: 3, step: 2) == nil)
        #expect(matrix(rows: .max, step: .max) == nil)
        #expect(matrix(rows: 1, first: .max) == nil)
        #expect(matrix(rows: -1) == nil)
        #expect(matrix(rows: 1, columns: 33) == nil)
        #expect(matrix(rows: 1, columns: 96) == nil)
        #expect(matrix(rows: 0, columns: 0) == nil)
        #expect(matrix(rows: 1, step: 0) == nil)
        #expect(WeightMatrix.mxfp4(blocks: scales, scales: blocks, rows: 1, columns: 64) == nil)
    }
}
