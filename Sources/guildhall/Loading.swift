import Activations
import Foundation
import Inference
import Models
import Tensors

/// Loads the model and starts an engine on it, saying so on a terminal.
///
/// - Parameter recorder: makes what records the model's expert activations.
func loadEngine(
    _ model: ModelOptions, cache: CacheOptions, memory: CacheMemoryOptions, options: EngineOptions,
    recorder: (LoadedModel) throws -> TraceRecorder? = { _ in nil }
) throws -> Engine {
    var (loaded, options) = try prepareEngine(model, cache: cache, memory: memory, options: options)
    options.recorder = try recorder(loaded)
    return Engine(model: loaded, options: options)
}

/// Loads the model, saying so on a terminal, and completes an engine's options by it.
func prepareEngine(
    _ model: ModelOptions, cache: CacheOptions, memory: CacheMemoryOptions, options: EngineOptions
) throws -> (LoadedModel, EngineOptions) {
    let path = try model.path()
    Terminal.progress("loading \(path)")
    defer { Terminal.endProgress() }
    var options = options
    options.cacheType = cache.type(for: model.activations)
    if let bytes = memory.bytes?.bytes { options.cacheBytes = bytes }
    let loaded = try LoadedModel(
        path: path, allowedFields: model.fields.allowed, activations: model.activations, threads: options.threads,
        cache: model.packedCache.cache, progress: Terminal.layoutProgress)
    let longest = loaded.longestSequence(options)
    let needed = min(options.contextLength ?? EngineOptions.smallestContext, loaded.model.outline.contextLength)
    guard longest >= needed else {
        throw CommandError(
            "--kv-memory: \(options.cacheBytes) bytes hold \(longest) positions of this model's keys and values as "
                + "\(options.cacheType.rawValue), not \(needed)")
    }
    return (loaded, options)
}

extension ModelOptions {
    /// The decoder at `path`, laid out for the activations that were asked for.
    func transformer(path: String, pool: ComputePool) throws -> TransformerModel {
        let model = try TransformerModel(path: path, allowedFields: fields.allowed)
        guard activations == .int8 else { return model }
        defer { Terminal.endProgress() }
        return model.packed(pool: pool, cache: packedCache.cache, progress: Terminal.layoutProgress)
    }
}

extension Terminal {
    /// Shows how far the weights are laid out.
    static func layoutProgress(_ step: LayoutStep, share: Double) {
        progress("\(step.rawValue): \(Int(share * 100)) %")
    }
}

/// Writes a file the user named, as a whole or not at all, with an error that names it.
func writeFile(_ data: Data, to path: String) throws {
    try checkFolder(of: path)
    do { try data.write(to: fileURL(path), options: .atomic) } catch {
        throw CommandError("\(path): cannot be written: \(error.localizedDescription)")
    }
}

/// Makes sure, before any work, that there is a folder for a file the user wants.
func checkFolder(of path: String?) throws {
    guard let path else { return }
    var isFolder: ObjCBool = false
    let folder = fileURL(path).deletingLastPathComponent().path
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
        throw CommandError("\(path): cannot be written: there is no folder \(folder)")
    }
    guard !FileManager.default.fileExists(atPath: fileURL(path).path, isDirectory: &isFolder) || !isFolder.boolValue
    else { throw CommandError("\(path): cannot be written: is a folder") }
}

private func fileURL(_ path: String) -> URL { URL(fileURLWithPath: (path as NSString).expandingTildeInPath) }

/// The bytes of a file the user named, with an error that names it.
func readFile(_ path: String) throws -> Data {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: fileURL(path).path, isDirectory: &isFolder) else {
        throw CommandError("\(path): no such file")
    }
    guard !isFolder.boolValue else { throw CommandError("\(path): is a folder, not a file") }
    do { return try Data(contentsOf: fileURL(path)) } catch {
        throw CommandError("\(path): \(error.localizedDescription)")
    }
}
