import Foundation
import Inference
import Models
import Tensors

/// Loads the model and starts an engine on it, saying so on a terminal.
func loadEngine(
    _ model: ModelOptions, threads: Int, machine: MachineOptions, context: Int? = nil, maxRunning: Int? = nil,
    maxWaiting: Int? = nil
) throws -> Engine {
    let path = try model.path()
    let processors = try machine.processors(threads: threads)
    try machine.placeMemory()
    Terminal.progress("loading \(path)")
    defer { Terminal.endProgress() }
    var options = EngineOptions()
    options.threads = threads
    options.processors = processors
    options.contextLength = context
    if let maxRunning { options.maxRunning = maxRunning }
    if let maxWaiting { options.maxWaiting = maxWaiting }
    return Engine(
        model: try LoadedModel(
            path: path, allowedFields: model.fields.allowed, activations: model.activations, threads: threads),
        options: options)
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
