import Checkpoints
import Foundation

/// TensorRT-LLM's expert statistics: `meta_info.json` and `rank<r>.safetensors`, whose tensors `<iteration>_<layer>` count
/// how often a rank's tokens chose each expert. Ranks and iterations are summed.
struct StatisticsFolder {
    let path: String

    func counts(log: inout DamageLog, limits: TraceLimits) throws(TraceError) -> ExpertCounts {
        let meta = path + "/meta_info.json"
        let text = try MappedFile.open(meta)
        guard text.count <= limits.indexBytes else { throw TraceError(file: meta, reason: "is too large") }
        let value = try ConfigValue.parse(text, file: meta)
        let fields = FieldReader(value, file: meta)
        let experts = try fields.size("num_experts")
        guard (1...TraceLimits.experts).contains(experts) else {
            throw TraceError(file: meta, item: "num_experts", reason: "is not within 1…\(TraceLimits.experts)")
        }
        var counts = ExpertCounts(blocks: Array(0..<limits.layers), expertCount: experts)
        counts.topK = try fields.optionalSize("num_experts_per_token").flatMap { (1...experts).contains($0) ? $0 : nil }
        for path in try InputFiles(path, endings: [".safetensors"]).paths {
            // A file counts as a whole or not at all.
            var sum = counts
            do throws(TraceError) {
                try add(path, to: &sum)
                counts = sum
            } catch { log.add(error, requests: nil) }
        }
        return counts.withoutEmptyLayers()
    }

    private func add(_ path: String, to counts: inout ExpertCounts) throws(TraceError) {
        let file = try SafetensorsFile(path: path)
        for entry in file.entries {
            let parts = entry.name.split(separator: "_", omittingEmptySubsequences: false)
            guard parts.count == 2, Int(parts[0]) != nil, let layer = Int(parts[1]),
                counts.counts.indices.contains(layer)
            else { throw TraceError(file: path, item: entry.name, reason: "is not named <iteration>_<layer>") }
            let (shape, values) = try file.integers(entry.name)
            guard shape == [counts.expertCount], values.allSatisfy({ $0 >= 0 }) else {
                throw TraceError(
                    file: path, item: entry.name, reason: "has shape \(shape), or counts below 0; not [experts]")
            }
            for (expert, count) in values.enumerated() {
                try counts.add(UInt64(count), layer: layer, expert: expert, file: path)
            }
        }
    }
}
