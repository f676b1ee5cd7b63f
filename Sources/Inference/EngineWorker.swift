import Activations
import Models
import Tensors

/// What only the engine's thread touches: the model runner, its scratch memory and the compute pool.
///
/// `@unchecked Sendable` holds because it is made on one thread, handed to the engine's thread before that starts,
/// and used there alone.
final class EngineWorker: @unchecked Sendable {
    private let loaded: LoadedModel
    private let options: EngineOptions
    private let observer: any RoutingObserver
    private let contextLength: Int

    init(loaded: LoadedModel, options: EngineOptions, observer: any RoutingObserver) {
        self.loaded = loaded
        self.options = options
        self.observer = observer
        contextLength = ModelDescription(loaded: loaded, options: options).contextLength
    }

    /// Called on the engine's thread: the compute pool belongs to the thread that makes it.
    func makeLoop() -> any AnsweringLoop {
        let pool = ComputePool(threads: options.threads)
        switch loaded.model {
        case .decoder(let model):
            let runner = ModelRunner(
                model: model, pool: pool, maxBatch: max(options.prefillChunk, options.maxRunning), observer: observer)
            return ContinuousBatch(
                loaded: loaded, runner: runner, seats: options.maxRunning, promptShare: options.sharedPrefillChunk,
                contextLength: contextLength)
        case .encoderDecoder(let model):
            return TranslationLoop(
                loaded: loaded, model: model, pool: pool, observer: observer, contextLength: contextLength)
        }
    }
}
