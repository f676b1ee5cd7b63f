import Checkpoints
import Tensors

extension TensorReader {
    /// Numbers of eight bits with a float32 scale for each block of rows and columns (DeepSeek-V3, arXiv 2412.19437,
    /// section 3.3; the scales are in a tensor named `…_scale_inv` beside it).
    func blockScaled(_ entry: TensorEntry, shape: [Int]) throws -> WeightMatrix {
        let name = entry.name + "_scale_inv"
        guard shape.count == 2, let scales = source.entries.first(where: { $0.name == name }) else {
            throw error(entry, "is stored as F8_E4M3, which needs its block scales in \(name)")
        }
        guard scales.type == .f32, scales.shape.count == 2, scales.shape.allSatisfy({ $0 > 0 }) else {
            throw error(scales, "is not a matrix of F32 scales")
        }
        pass(name)
        let (rows, columns) = (shape[0], shape[1])
        guard let block = blockSize(rows: rows, columns: columns, scales: scales.shape) else {
            throw error(scales, "shape \(scales.shape) does not cut \(shape) into blocks")
        }
        let numbers = (0..<scales.shape[0] * scales.shape[1]).map {
            scales.region.base.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)
        }
        let grid = BlockScales(
            values: numbers, rows: scales.shape[0], columns: scales.shape[1], blockRows: block.rows,
            blockColumns: block.columns)
        let matrix = grid.flatMap {
            WeightMatrix.blockScaledFP8(weights: entry.region, rows: rows, columns: columns, scales: $0)
        }
        guard let matrix else { throw error(entry, "and its scales do not fit together") }
        return matrix
    }

    /// The configuration's block size, or the square one that fits the scales' shape.
    private func blockSize(rows: Int, columns: Int, scales: [Int]) -> (rows: Int, columns: Int)? {
        let candidates = scaleBlock.map { [$0] } ?? [128, 64, 32, 16, 256].map { (rows: $0, columns: $0) }
        return candidates.first { block in
            block.rows > 0 && block.columns > 0 && (rows + block.rows - 1) / block.rows == scales[0]
                && (columns + block.columns - 1) / block.columns == scales[1]
        }
    }
}
