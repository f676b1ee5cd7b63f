import Models
import Randomness

/// Measures by how much recording of expert activations slows answers down: the same requests by turns on an engine
/// that does not record and on one that does.
///
/// Both run in one process and on one copy of the model. What a pair of turns has in common (what else the machine does
/// at the moment, its clock) cancels out in their ratio.
public struct RecordingOverhead {
    public struct Settings: Sendable {
        /// Requests that are answered at the same time.
        public var requests = 8
        public var promptTokens = 64
        public var generateTokens = 32
        /// Seed of the token ids.
        public var seed: UInt64 = 1

        public init() {}
    }

    /// Seconds that the same requests took.
    public struct Pair: Sendable, Equatable {
        public let plain: Double
        public let recorded: Double

        public init(plain: Double, recorded: Double) {
            self.plain = plain
            self.recorded = recorded
        }
    }

    private let plain: any GenerationService
    private let recorded: any GenerationService
    private let settings: Settings
    private var random: SplitMix64
    private var turns = 0

    /// - Parameter recorded: of the same model; it alone records.
    public init(plain: any GenerationService, recorded: any GenerationService, settings: Settings) {
        self.plain = plain
        self.recorded = recorded
        self.settings = settings
        random = SplitMix64(seed: settings.seed)
    }

    /// Tokens of one turn that go through the model; the last one of an answer does not.
    public var tokens: Int { settings.requests * (settings.promptTokens + settings.generateTokens - 1) }

    /// One pair of turns. Who begins changes from pair to pair.
    ///
    /// - Throws: ``AdmissionError`` where a request does not fit the engines' limits.
    public mutating func pair() async throws -> Pair {
        let requests = (0..<settings.requests).map { _ in request() }
        let recordedFirst = turns.isMultiple(of: 2)
        turns += 1
        let first = try await seconds(requests, on: recordedFirst ? recorded : plain)
        let second = try await seconds(requests, on: recordedFirst ? plain : recorded)
        return Pair(plain: recordedFirst ? second : first, recorded: recordedFirst ? first : second)
    }

    private mutating func request() -> GenerationRequest {
        let vocabulary = UInt64(plain.model.vocabularySize)
        let prompt = (0..<settings.promptTokens).map { _ in TokenID(random.next() % vocabulary) }
        var request = GenerationRequest(promptTokens: prompt)
        request.maxTokens = settings.generateTokens
        request.sampling.temperature = 0
        request.ignoreEndOfText = true
        return request
    }

    private func seconds(_ requests: [GenerationRequest], on service: any GenerationService) async throws -> Double {
        let start = ContinuousClock.now
        let answers = try requests.map { try service.start($0) }
        for answer in answers { for await _ in answer {} }
        return (ContinuousClock.now - start) / .seconds(1)
    }
}

extension RecordingOverhead {
    /// Median over pairs of recorded less plain time, as a share of the plain one, and what holds the true median with a
    /// probability of 95 %.
    public struct Summary: Sendable, Equatable {
        public let median: Double
        public let low: Double
        public let high: Double
        /// Seconds of a turn, medians.
        public let plain: Double
        public let recorded: Double

        /// The interval is of order statistics: it assumes nothing of how times are distributed.
        ///
        /// - Parameter pairs: at least one.
        public init(_ pairs: [Pair]) {
            precondition(!pairs.isEmpty)
            let changes = pairs.map { $0.recorded / $0.plain - 1 }.sorted()
            let (middle, reach) = (Double(changes.count) / 2, 0.98 * Double(changes.count).squareRoot())
            median = Self.middle(changes)
            low = changes[max(0, Int((middle - reach).rounded(.down)))]
            high = changes[min(changes.count - 1, Int((middle + reach).rounded(.up)))]
            plain = Self.middle(pairs.map(\.plain).sorted())
            recorded = Self.middle(pairs.map(\.recorded).sorted())
        }

        private static func middle(_ sorted: [Double]) -> Double {
            (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }
    }
}
