import Models
import Randomness
import Tensors

/// Measures prefill and decode speed of a model on this machine, as the `bench` command reports it.
///
/// Prefill and decode are measured apart, each from a cache of `depth` positions, with random token ids: the same
/// conditions as llama.cpp's `llama-bench`, so that figures can stand side by side.
public struct SpeedMeasurement {
    public struct Settings: Sendable {
        public var promptTokens = 512
        public var generateTokens = 64
        public var repetitions = 5
        /// Sequences that are decoded together; each generates `generateTokens`.
        public var sequences = 1
        /// All sequences get the same tokens. They then choose the same experts, and a batch reads no more weights than
        /// one sequence does: the most that sharing can give.
        public var sameTokens = false
        /// Positions in the cache before the measured part begins. They hold random keys and values: what they are
        /// changes nothing about the time.
        public var depth = 0
        /// Seed of the token ids.
        public var seed: UInt64 = 1

        public init() {}
    }

    /// Tokens per second over the repetitions.
    public struct Speed: Sendable, Equatable {
        public let tokens: Int
        public let median: Double
        public let min: Double
        public let max: Double

        init(tokens: Int, seconds: [Double]) {
            let speeds = seconds.map { Double(tokens) / $0 }.sorted()
            self.tokens = tokens
            min = speeds.first ?? 0
            max = speeds.last ?? 0
            let middle = speeds.count / 2
            median =
                speeds.isEmpty
                ? 0 : speeds.count.isMultiple(of: 2) ? (speeds[middle - 1] + speeds[middle]) / 2 : speeds[middle]
        }
    }

    private let runner: ModelRunner
    private let pool: ComputePool
    private let settings: Settings
    private var random: SplitMix64

    /// - Parameter pool: the runner's.
    public init(runner: ModelRunner, pool: ComputePool, settings: Settings) {
        self.runner = runner
        self.pool = pool
        self.settings = settings
        random = SplitMix64(seed: settings.seed)
    }

    /// Speed of the prompt going through in micro-batches, logits for its last token only.
    public mutating func prefill(progress: (String) -> Void = { _ in }) -> Speed {
        repeated("prefill", tokens: settings.promptTokens, progress) { measurement in
            let prompt = measurement.randomTokens(measurement.settings.promptTokens)
            let cache = measurement.preparedCache(room: prompt.count)
            return measured { measurement.feed(prompt, to: cache) }
        }
    }

    /// Speed of tokens that go through one by one, or one of each sequence at a time, logits for each; of all
    /// sequences together.
    public mutating func decode(progress: (String) -> Void = { _ in }) -> Speed {
        let sequences = settings.sequences
        return repeated("decode", tokens: settings.generateTokens * sequences, progress) { measurement in
            let steps = measurement.settings.generateTokens
            let caches = (0..<sequences).map { _ in measurement.preparedCache(room: steps) }
            let streams = measurement.settings.sameTokens ? 1 : sequences
            let tokens = measurement.randomTokens(steps * streams)
            return measured {
                for step in 0..<steps {
                    let parts = caches.enumerated().map { index, cache in
                        let token = step * streams + index % streams
                        return SequencePart(tokens: tokens[token..<token + 1], cache: cache, logits: .last)
                    }
                    _ = measurement.runner.forward(parts)
                }
            }
        }
    }

    /// Runs once to warm caches and page the weights in, then `repetitions` times.
    private mutating func repeated(
        _ name: String, tokens: Int, _ progress: (String) -> Void, _ run: (inout SpeedMeasurement) -> Double
    ) -> Speed {
        guard tokens > 0, settings.repetitions > 0 else { return Speed(tokens: tokens, seconds: []) }
        progress("\(name): warming up")
        _ = run(&self)
        var seconds: [Double] = []
        for repetition in 1...settings.repetitions {
            progress("\(name): \(repetition)/\(settings.repetitions)")
            seconds.append(run(&self))
        }
        return Speed(tokens: tokens, seconds: seconds)
    }

    private mutating func preparedCache(room: Int) -> KVCache {
        let cache = runner.makeCache(capacity: settings.depth + room)
        if settings.depth > 0 {
            cache.fill(positions: settings.depth, pool: pool) { Float.random(in: -1...1, using: &random) }
        }
        return cache
    }

    private func feed(_ tokens: [TokenID], to cache: KVCache) {
        for start in stride(from: 0, to: tokens.count, by: runner.maxBatch) {
            let end = min(start + runner.maxBatch, tokens.count)
            _ = runner.forward(tokens[start..<end], cache: cache, logits: end == tokens.count ? .last : .none)
        }
    }

    private mutating func randomTokens(_ count: Int) -> [TokenID] {
        let vocabulary = TokenID(runner.model.configuration.vocabularySize)
        return (0..<count).map { _ in TokenID.random(in: 0..<vocabulary, using: &random) }
    }
}

/// Seconds that `work` takes.
private func measured(_ work: () -> Void) -> Double { ContinuousClock().measure(work).seconds }
