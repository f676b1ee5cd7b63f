import Checkpoints
import Tensors

extension ModelReader {
    private var width: Int { configuration.experts.width }
    private var hidden: Int { configuration.hiddenSize }
    private var count: Int { configuration.experts.count }

    private func rows(_ tensor: ExpertTensor) -> Int { tensor == .down ? hidden : width }
    private func columns(_ tensor: ExpertTensor) -> Int { tensor == .down ? width : hidden }

    /// One matrix per expert, however the file keeps them.
    func experts(_ index: Int, _ tensor: ExpertTensor) throws -> [WeightMatrix] {
        let prefix = names.block(index) + names.moe
        switch names.experts {
        case .stacked: return try stacked(index, tensor)
        case .separate(let gate, let up, let down):
            // Checkpoints that transformers 5 saves as it holds them.
            if tensors.contains(prefix + ".experts.gate_up_proj") {
                return try fusedRows(prefix + ".experts.", "gate_up_proj", "down_proj", tensor)
            }
            let name =
                switch tensor {
                case .gate: gate
                case .up: up
                case .down: down
                }
            return try (0..<count).map {
                try tensors.matrix(
                    "\(prefix).experts.\($0).\(name).weight", rows: rows(tensor), columns: columns(tensor))
            }
        case .fusedRows(let gateUp, let down): return try fusedRows(prefix + ".", gateUp, down, tensor)
        case .fusedColumns(let gateUp, let down, let isInterleaved):
            let name = prefix + ".experts." + (tensor == .down ? down : gateUp)
            return tensors.contains(name + "_blocks")
                ? try microscaled(name, tensor) : try fusedColumns(name, tensor, isInterleaved: isInterleaved)
        }
    }

    /// GGUF: one tensor a projection, or gate and up in one, or (old files) one tensor an expert.
    private func stacked(_ index: Int, _ tensor: ExpertTensor) throws -> [WeightMatrix] {
        let block = names.block(index)
        let (rows, columns) = (rows(tensor), columns(tensor))
        let merged = block + "ffn_gate_up_exps.weight"
        if tensor != .down, tensors.contains(merged) {
            return try slabs(merged, rows: 2 * rows, columns: columns).map {
                $0.rows(tensor == .gate ? 0..<rows : rows..<2 * rows)
            }
        }
        let name = "\(block)ffn_\(tensor)_exps.weight"
        if tensors.contains(name) || !tensors.contains("\(block)ffn_\(tensor).0.weight") {
            return try slabs(name, rows: rows, columns: columns)
        }
        return try (0..<count).map {
            try tensors.matrix("\(block)ffn_\(tensor).\($0).weight", rows: rows, columns: columns)
        }
    }

    private func fusedRows(_ prefix: String, _ gateUp: String, _ down: String, _ tensor: ExpertTensor) throws
        -> [WeightMatrix]
    {
        if tensor == .down { return try slabs(prefix + down, rows: hidden, columns: width) }
        return try slabs(prefix + gateUp, rows: 2 * width, columns: hidden).map {
            $0.rows(tensor == .gate ? 0..<width : width..<2 * width)
        }
    }

    /// The experts of a tensor [experts × rows × columns].
    private func slabs(_ name: String, rows: Int, columns: Int) throws -> [WeightMatrix] {
        let all = try tensors.matrix(name, shape: [count, rows, columns])
        return (0..<count).map { all.rows($0 * rows..<($0 + 1) * rows) }
    }

    /// Tensors with inputs before outputs are turned round: memory of their own instead of the mapped file's.
    private func fusedColumns(_ name: String, _ tensor: ExpertTensor, isInterleaved: Bool) throws -> [WeightMatrix] {
        if tensor == .down {
            return try slabs(name, rows: width, columns: hidden).map { $0.transposed() }
        }
        let outputs = outputs(tensor, isInterleaved: isInterleaved)
        return try slabs(name, rows: hidden, columns: 2 * width).map { $0.transposed(columns: outputs) }
    }

    /// Which of the 2 × width outputs of a fused gate and up projection are those of `tensor`.
    private func outputs(_ tensor: ExpertTensor, isInterleaved: Bool) -> StrideTo<Int> {
        let start = tensor == .gate ? 0 : isInterleaved ? 1 : width
        return stride(from: start, to: isInterleaved ? 2 * width : start + width, by: isInterleaved ? 2 : 1)
    }

    /// GPT-OSS: blocks of 32 four-bit floats, and apart from them their scales (OCP Microscaling Formats 1.0). Rows are
    /// outputs; those of gate and up take turns.
    private func microscaled(_ name: String, _ tensor: ExpertTensor) throws -> [WeightMatrix] {
        let columns = columns(tensor)
        let sourceRows = tensor == .down ? hidden : 2 * width
        let blocks = try tensors.entry(name + "_blocks", shape: [count, sourceRows, columns / 32, 16])
        let scales = try tensors.entry(name + "_scales", shape: [count, sourceRows, columns / 32])
        guard blocks.typeName == "U8", scales.typeName == "U8", columns.isMultiple(of: 32) else {
            throw tensors.error(blocks, "and its scales should be stored as U8, in blocks of 32")
        }
        let blockBytes = sourceRows * columns / 2
        let scaleBytes = sourceRows * columns / 32
        return try (0..<count).map { expert in
            let matrix = WeightMatrix.mxfp4(
                blocks: blocks.region.slice(expert * blockBytes..<(expert + 1) * blockBytes),
                scales: scales.region.slice(expert * scaleBytes..<(expert + 1) * scaleBytes),
                rows: rows(tensor), columns: columns, firstRow: tensor == .up ? 1 : 0,
                rowStep: tensor == .down ? 1 : 2)
            guard let matrix else { throw tensors.error(blocks, "and its scales do not fit together") }
            return matrix
        }
    }

    /// What the experts add to `tensor`, shape [experts × rows].
    func expertBiases(_ index: Int, _ tensor: ExpertTensor) throws -> [Float] {
        let block = names.block(index)
        guard case .fusedColumns(let gateUp, let down, let isInterleaved) = names.experts else {
            return try tensors.vector("\(block)ffn_\(tensor)_exps.bias", count: count * rows(tensor))
        }
        let prefix = block + names.moe + ".experts."
        if tensor == .down { return try tensors.vector(prefix + down + "_bias", count: count * hidden) }
        let both = try tensors.vector(prefix + gateUp + "_bias", count: count * 2 * width)
        return (0..<count).flatMap { expert in
            outputs(tensor, isInterleaved: isInterleaved).map { both[expert * 2 * width + $0] }
        }
    }
}
