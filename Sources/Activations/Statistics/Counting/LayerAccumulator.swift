/// Everything that is counted in one MoE layer while requests stream by. One thread at a time adds to it.
///
/// Each request is first counted on its own, expert by expert; all else works on those counts, a cost per expert rather
/// than per token. What does need tokens (pairs, caches) sees a sample.
final class LayerAccumulator {
    let layer: Int
    private let shape: TraceShape
    /// Prefill and decode of the current request together.
    private var sum: [UInt32]

    /// Prefill's experts, then decode's.
    private var totals: [UInt64]
    /// Places without an expert, and ids beyond the layer's experts.
    private(set) var unassigned: UInt64 = 0
    private(set) var invalid: UInt64 = 0
    /// Rows `2 * domain + half`.
    private(set) var domains: CountTable
    private(set) var windows: CountTable
    /// Pearson of prefill and decode of each request that has both.
    private(set) var correlations = RunningMean()
    private(set) var kept: KeptRequests
    private(set) var distances: StackDistances
    private(set) var foresight: ForesightSample
    private(set) var pairs: PairTables?

    init(layer: Int, shape: TraceShape, options: AnalysisOptions) {
        self.layer = layer
        self.shape = shape
        let experts = shape.expertCount
        sum = [UInt32](repeating: 0, count: experts)
        totals = [UInt64](repeating: 0, count: 2 * experts)
        domains = CountTable(experts: experts)
        windows = CountTable(experts: experts)
        kept = KeptRequests(experts: experts)
        distances = StackDistances(experts: experts)
        foresight = ForesightSample(limit: options.foresightTokens(shape))
        if options.countsPairs(shape) {
            pairs = PairTables(experts: experts, hasNext: layer + 1 < shape.layerCount)
        }
    }

    /// Assignments of each expert.
    var prefill: [UInt64] { Array(totals[..<shape.expertCount]) }
    var decode: [UInt64] { Array(totals[shape.expertCount...]) }

    /// - Parameters:
    ///   - counts: of the request in this layer, as `RequestCounts` has them.
    ///   - tokens: whole rows of the request; `prefillTokens` of them are the prompt's.
    func add(
        _ request: RequestTrace, counts: UnsafeBufferPointer<UInt32>, tokens: Int, prefillTokens: Int,
        plan: RequestPlan
    ) {
        let hasStrangers = counts[2 * shape.expertCount] > 0
        if hasStrangers || plan.cacheTokens > 0 {
            request.experts.withUnsafeBufferPointer { ids in
                let rows = LayerRows(
                    ids: ids, shape: shape, layer: layer, tokens: tokens, prefillTokens: prefillTokens)
                guard let rows else { return }
                if hasStrangers { countStrangers(rows) }
                guard plan.cacheTokens > 0 else { return }
                distances.walk(rows, tokens: min(tokens, plan.cacheTokens))
                foresight.append(rows, tokens: min(tokens, plan.cacheTokens), experts: shape.expertCount)
            }
        }
        settle(counts, plan)
    }

    /// Counts the pairs of sampled tokens.
    func add(_ sampled: SampledRows) {
        sampled.forEachHalf(layer: layer) { rows, half in pairs?.add(rows, half: half) }
    }

    /// Tells places left empty on purpose from ids that cannot be.
    private func countStrangers(_ rows: LayerRows) {
        for token in 0..<rows.tokens {
            for choice in 0..<rows.topK where Int(rows.row(token)[choice]) >= shape.expertCount {
                if rows.row(token)[choice] == RequestTrace.noExpert { unassigned += 1 } else { invalid += 1 }
            }
        }
    }

    /// Adds the counts of a request to all sums.
    private func settle(_ counts: UnsafeBufferPointer<UInt32>, _ plan: RequestPlan) {
        if plan.mergesWindows { windows.mergePairs() }
        let experts = shape.expertCount
        let prefill = UnsafeBufferPointer(rebasing: counts[..<experts])
        let decode = UnsafeBufferPointer(rebasing: counts[experts..<2 * experts])
        Self.add(counts, to: &totals)
        Self.join(counts, into: &sum)
        windows.add(row: plan.window, sum)
        if let domain = plan.domain { domains.add(row: 2 * domain + plan.half, sum) }
        if let slot = plan.slot { kept.store(slot: slot, counts[..<(2 * experts)]) }
        if let pearson = CorrelationSums.pearson(prefill, decode) { correlations.add(pearson) }
    }

    private static func add(_ counts: UnsafeBufferPointer<UInt32>, to totals: inout [UInt64]) {
        totals.withUnsafeMutableBufferPointer { totals in
            // One check for the whole loop: both have an entry for each phase and expert.
            precondition(counts.count >= totals.count)
            for place in totals.indices { totals[place] &+= UInt64(counts[place]) }
        }
    }

    /// Adds decode's half of `counts` to prefill's.
    private static func join(_ counts: UnsafeBufferPointer<UInt32>, into sum: inout [UInt32]) {
        sum.withUnsafeMutableBufferPointer { sum in
            precondition(counts.count >= 2 * sum.count)
            for expert in sum.indices { sum[expert] = counts[expert] &+ counts[sum.count + expert] }
        }
    }
}
