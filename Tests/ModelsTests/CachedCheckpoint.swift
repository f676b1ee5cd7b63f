import Checkpoints
import Foundation
import Models
import Quantization
import Synchronization
import Tensors
import Testing

/// A small quantised checkpoint and a folder for its packed matrices, both temporary.
final class CachedCheckpoint: Sendable {
    let golden: GoldenCheckpoint
    let folder: String
    /// The GGUF file.
    let path: String
    private let heard = Mutex<[String]>([])

    init(type: ElementType = .q8_0, family: String = "olmoe") throws {
        golden = try #require(GoldenCheckpoint.fixtures.first { $0.path.hasSuffix("/" + family) })
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())").path
        path = folder + "/model.gguf"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let export = try ModelExport(path: golden.path)
        try GGUFQuantizer(export, plan: QuantizationPlan(export, type: type), pool: ComputePool(threads: 1)).write(
            to: path, mostly: type)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// The cache in the folder; `notices` has what it says.
    var cache: PackedCache {
        var cache = PackedCache(folder: folder + "/packed")
        cache.notice = { [self] text in heard.withLock { $0.append(text) } }
        return cache
    }

    /// The file of the cache.
    var file: String { cache.path(for: path) }

    /// What the cache said since the last call.
    func notices() -> [String] {
        heard.withLock { heard in
            defer { heard = [] }
            return heard
        }
    }

    /// The logits with packed weights, and the steps that laying them out took.
    func run(_ cache: PackedCache?) throws -> (logits: [Float], steps: Set<LayoutStep>) {
        var steps: Set<LayoutStep> = []
        let model = try TransformerModel(path: path).packed(pool: ComputePool(threads: 2), cache: cache) { step, _ in
            steps.insert(step)
        }
        return (try golden.compare(model, chunk: 8).logits, steps)
    }

    /// The names of all files in the cache's folder.
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder + "/packed") }

    /// Changes the bytes of the cache's file.
    func damage(_ change: (inout Data) -> Void) throws {
        var data = try Data(contentsOf: URL(fileURLWithPath: file))
        change(&data)
        // By a new file: this process may have the old one mapped.
        try FileManager.default.removeItem(atPath: file)
        try data.write(to: URL(fileURLWithPath: file))
    }
}
