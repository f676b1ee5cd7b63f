import Checkpoints
import Foundation

/// Files of counts that load balancers take.
public enum CountsFormat: String, Sendable, CaseIterable {
    /// This program's counts file.
    case json
    /// A safetensors file with `counts`, I64 [layers × experts], and `blocks`, I64 [layers].
    case safetensors
    /// SGLang's `--init-expert-location FILE.json`: `{"logical_count": [[…], …]}`, with rows for dense layers too.
    case sglang
    /// TensorRT-LLM's folder of statistics, as its placement script takes it.
    case tensorRTLLM = "tensorrt-llm"
}

extension ExpertCounts {
    /// Writes these counts for another program.
    ///
    /// - Parameters:
    ///   - path: a file; for TensorRT-LLM a folder.
    ///   - hiddenLayers: all blocks of the model, dense ones at the end included; nil: up to the last with experts.
    public func export(_ format: CountsFormat, to path: String, hiddenLayers: Int? = nil) throws(TraceError) {
        switch format {
        case .json: try write(path: path)
        case .safetensors: try writeSafetensors(path)
        case .sglang: try writeLogicalCount(path, layers: try layers(hiddenLayers, path))
        case .tensorRTLLM: try writeStatistics(path)
        }
    }

    private func layers(_ hiddenLayers: Int?, _ path: String) throws(TraceError) -> Int {
        let needed = (blocks.last ?? -1) + 1
        guard let hiddenLayers else { return needed }
        guard hiddenLayers >= needed else {
            throw TraceError(file: path, reason: "\(hiddenLayers) layers leave out block \(needed - 1)")
        }
        return hiddenLayers
    }

    private func writeSafetensors(_ path: String) throws(TraceError) {
        var writer = SafetensorsWriter()
        writer.add("counts", shape: [blocks.count, expertCount], integers: counts.joined().map(Int64.init))
        writer.add("blocks", shape: [blocks.count], integers: blocks.map(Int64.init))
        try writer.write(to: path)
    }

    private struct LogicalCount: Encodable { let logical_count: [[UInt64]] }

    private func writeLogicalCount(_ path: String, layers: Int) throws(TraceError) {
        var rows = Array(repeating: [UInt64](repeating: 0, count: expertCount), count: layers)
        for (block, row) in zip(blocks, counts) { rows[block] = row }
        try writeWhole(jsonBytes(LogicalCount(logical_count: rows), file: path), to: path)
    }

    private struct StatisticsMeta: Encodable {
        let num_experts: Int
        let num_experts_per_token: Int
    }

    private func writeStatistics(_ folder: String) throws(TraceError) {
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            throw TraceError(file: folder, reason: "cannot create: \(error.localizedDescription)")
        }
        // It has to be told, known or not.
        let meta = StatisticsMeta(num_experts: expertCount, num_experts_per_token: topK ?? 1)
        try writeWhole(jsonBytes(meta, file: folder), to: folder + "/meta_info.json")
        var writer = SafetensorsWriter()
        for (block, row) in zip(blocks, counts) {
            writer.add("0_\(block)", shape: [expertCount], integers: row.map(Int64.init))
        }
        try writer.write(to: folder + "/rank0.safetensors")
    }
}
