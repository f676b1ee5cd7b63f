import Tensors

extension WeightMatrix {
    /// The matrix turned round, in memory of its own: row r of the result is column r. Plain types keep their type;
    /// quantised ones become float32.
    func transposed() -> WeightMatrix { transposed(columns: stride(from: 0, to: columns, by: 1)) }

    /// Row r of the result is the r-th of the columns `chosen`.
    func transposed(columns chosen: StrideTo<Int>) -> WeightMatrix {
        switch type {
        case .f32: turned(chosen, UInt32.self)
        case .f16, .bf16: turned(chosen, UInt16.self)
        default: asFloat32().turned(chosen, UInt32.self)
        }
    }

    /// Copies tile by tile, so that both sides stay in the cache.
    private func turned<Bits: FixedWidthInteger>(_ chosen: StrideTo<Int>, _: Bits.Type) -> WeightMatrix {
        let chosen = Array(chosen)
        let size = MemoryLayout<Bits>.stride
        let tile = 32
        let turned = ByteRegion(count: chosen.count * rows * size) { bytes in
            let target = bytes.bindMemory(to: Bits.self, capacity: chosen.count * rows)
            for rowStart in stride(from: 0, to: rows, by: tile) {
                for start in stride(from: 0, to: chosen.count, by: tile) {
                    for row in rowStart..<min(rowStart + tile, rows) {
                        let source = region.base + row * rowBytes
                        for i in start..<min(start + tile, chosen.count) {
                            target[i * rows + row] = source.loadUnaligned(
                                fromByteOffset: chosen[i] * size, as: Bits.self)
                        }
                    }
                }
            }
        }
        return made(type, chosen.count, rows, turned)
    }

    /// The same numbers as float32, in memory of its own.
    func asFloat32() -> WeightMatrix {
        let region = ByteRegion(count: rows * columns * MemoryLayout<Float>.stride) { bytes in
            let numbers = bytes.bindMemory(to: Float.self, capacity: rows * columns)
            for row in 0..<rows { Kernels.selected.dequantize(self, row: row, into: numbers + row * columns) }
        }
        return made(.f32, rows, columns, region)
    }

    private func made(_ type: ElementType, _ rows: Int, _ columns: Int, _ region: ByteRegion) -> WeightMatrix {
        guard let matrix = WeightMatrix(type: type, rows: rows, columns: columns, region: region) else {
            preconditionFailure("the memory was made for this matrix")
        }
        return matrix
    }
}
