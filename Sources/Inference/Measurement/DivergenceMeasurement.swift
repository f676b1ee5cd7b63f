import Foundation
import Models
import Tensors
import Tokenization

/// How well two models of one vocabulary predict a text, and how far the second's predictions are from the first's.
public struct DivergenceMeasurement: Sendable, Equatable {
    /// Tokens that were predicted.
    public private(set) var positions = 0
    private var referenceLoss = 0.0
    private var otherLoss = 0.0
    private var divergence = 0.0
    private var agreements = 0

    public var referencePerplexity: Double { exp(referenceLoss / Double(max(positions, 1))) }
    public var otherPerplexity: Double { exp(otherLoss / Double(max(positions, 1))) }
    /// Mean of KL(reference ‖ other) over positions, in nats.
    public var meanDivergence: Double { divergence / Double(max(positions, 1)) }
    /// Share of positions where both find the same token likeliest.
    public var sameTopShare: Double { Double(agreements) / Double(max(positions, 1)) }

    /// Feeds both models the same tokens in windows that begin anew, and compares what they predict for each next one.
    ///
    /// - Parameters:
    ///   - tokens: ids of the text; at least two.
    ///   - window: tokens of one window, at most the context.
    ///   - cacheType: of the second model's KV cache; the reference's is float32.
    ///   - progress: told how many tokens are done.
    public init(
        reference: TransformerModel, other: TransformerModel, tokens: [Int32], window: Int,
        cacheType: KVCacheType = .f32, pool: ComputePool,
        progress: (Int) -> Void = { _ in }
    ) {
        let vocabulary = reference.configuration.vocabularySize
        precondition(vocabulary == other.configuration.vocabularySize && window > 1)
        let runners = [(reference, KVCacheType.f32), (other, cacheType)].map {
            ModelRunner(model: $0, pool: pool, maxBatch: Self.batch, cacheType: $1)
        }
        for start in stride(from: 0, to: tokens.count - 1, by: window) {
            let part = tokens[start..<min(start + window, tokens.count)]
            let caches = runners.map { $0.makeCache(capacity: part.count) }
            for first in stride(from: part.startIndex, to: part.endIndex, by: Self.batch) {
                let fed = part[first..<min(first + Self.batch, part.endIndex)]
                guard let mine = runners[0].forward(fed, cache: caches[0], logits: .all),
                    let theirs = runners[1].forward(fed, cache: caches[1], logits: .all)
                else { return }
                for position in fed.indices where position + 1 < part.endIndex {
                    let row = (position - first) * vocabulary
                    add(
                        mine.extracting(row..<row + vocabulary), theirs.extracting(row..<row + vocabulary),
                        next: Int(tokens[position + 1]))
                }
                progress(fed.endIndex)
            }
        }
    }

    private static let batch = 64

    private mutating func add(_ mine: UnsafeBufferPointer<Float>, _ theirs: UnsafeBufferPointer<Float>, next: Int) {
        let (myTotal, theirTotal) = (Self.logTotal(mine), Self.logTotal(theirs))
        var sum = 0.0
        var best = (mine: 0, theirs: 0)
        for i in mine.indices {
            let myLog = Double(mine[i]) - myTotal
            sum += exp(myLog) * (myLog - Double(theirs[i]) + theirTotal)
            if mine[i] > mine[best.mine] { best.mine = i }
            if theirs[i] > theirs[best.theirs] { best.theirs = i }
        }
        positions += 1
        divergence += sum
        referenceLoss += myTotal - Double(mine[next])
        otherLoss += theirTotal - Double(theirs[next])
        agreements += best.mine == best.theirs ? 1 : 0
    }

    /// log Σ exp(logit)
    private static func logTotal(_ logits: UnsafeBufferPointer<Float>) -> Double {
        let largest = Double(logits.max() ?? 0)
        return largest + log(logits.reduce(0.0) { $0 + exp(Double($1) - largest) })
    }
}
