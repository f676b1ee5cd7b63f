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

    /// Tokens of the longest sequence whose KV cache fits into the memory that `options` allow. Not limited for an
    /// encoder with a decoder, whose caches are small.
    public func longestSequence(_ options: EngineOptions) -> Int {
        guard case .decoder(let model) = model else { return .max }
        return model.longestSequence(
            cacheType: options.cacheType, cacheBytes: options.cacheBytes, maxBatch: options.maxBatch)
    }

    /// Called on the engine's thread: the compute pool belongs to the thread that makes it.
    func makeLoop(_ options: EngineOptions, contextLength: Int, observer: any RoutingObserver) -> any AnsweringLoop {
        let pool = ComputePool(threads: options.threads)
        // A system that refuses now, after the list was checked, leaves the threads where they were.
        if let processors = options.processors { try? pool.pin(to: processors) }
        switch model {
        case .decoder(let model):
            let runner = ModelRunner(
                model: model, pool: pool, maxBatch: options.maxBatch, cacheType: options.cacheType,
                cacheBytes: options.cacheBytes, observer: observer)
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

extension EngineOptions {
    /// Tokens of one pass through the model.
    var maxBatch: Int { max(prefillChunk, maxRunning) }
}
