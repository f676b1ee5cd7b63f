import Foundation
import Inference
import Models
import Tensors

/// Loads the model and starts an engine on it.
func loadEngine(_ model: ModelOptions, threads: Int, context: Int? = nil) throws -> Engine {
    var options = EngineOptions()
    options.threads = threads
    options.contextLength = context
    return Engine(model: try loadModel(model, threads: threads), options: options)
}

/// Loads the model, saying so on a terminal.
func loadModel(_ model: ModelOptions, threads: Int) throws -> LoadedModel {
    let path = try model.path()
    Terminal.progress("loading \(path)")
    defer { Terminal.endProgress() }
    return try LoadedModel(
        path: path, allowedFields: model.fields.allowed, activations: model.activations, threads: threads)
}

extension ModelOptions {
    /// The decoder at `path`, laid out for the activations that were asked for.
    func transformer(path: String, pool: ComputePool) throws -> TransformerModel {
        let model = try TransformerModel(path: path, allowedFields: fields.allowed)
        guard activations == .int8 else { return model }
        defer { Terminal.endProgress() }
        return model.packed(pool: pool) { Terminal.progress("laying out block \($0)/\(model.configuration.layers)") }
    }
}

/// The bytes of a file the user named, with an error that names it.
func readFile(_ path: String) throws -> Data {
    do { return try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
        throw CommandError("\(path): \(error.localizedDescription)")
    }
}
