import Activations
import Models
import Tensors

/// What the engine's thread does with the requests it has taken. Used by that thread alone.
protocol AnsweringLoop: AnyObject {
    /// Requests that can be worked on at the same time.
    var seats: Int { get }
    /// Requests that are being worked on.
    var running: Int { get }
    /// Takes a request; there is a free seat.
    func admit(_ job: Job)
    /// Works for a while on what is running.
    func step()
}

extension Job {
    /// Tokens that the answer may have.
    func budget(contextLength: Int) -> Int {
        let room = contextLength - request.promptTokens.count
        return min(request.maxTokens ?? room, room)
    }
}

extension LoadedModel {
    /// Requests that can be worked on at the same time.
    func seats(_ options: EngineOptions) -> Int {
        switch model {
        case .decoder: options.maxRunning
        case .encoderDecoder: 1
        }
    }

    /// Called on the engine's thread: the compute pool belongs to the thread that makes it.
    func makeLoop(_ options: EngineOptions, contextLength: Int, observer: any RoutingObserver) -> any AnsweringLoop {
        let pool = ComputePool(threads: options.threads)
        switch model {
        case .decoder(let model):
            let runner = ModelRunner(
                model: model, pool: pool, maxBatch: max(options.prefillChunk, options.maxRunning), observer: observer)
            return ContinuousBatch(
                loaded: self, runner: runner, seats: seats(options), promptShare: options.sharedPrefillChunk,
                contextLength: contextLength, recorder: options.recorder)
        case .encoderDecoder(let model):
            return TranslationLoop(
                loaded: self, model: model, pool: pool, observer: observer, contextLength: contextLength,
                recorder: options.recorder)
        }
    }
}
