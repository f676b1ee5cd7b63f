import Tensors

/// Reads requests one by one and says what their activations have in common. Memory depends on the shape and the options
/// alone, not on the length of the trace.
///
/// One thread at a time may use it. Figures do not depend on the number of threads.
public final class TraceAnalyzer {
    private let shape: TraceShape
    private let options: AnalysisOptions
    private let pool: ComputePool
    private let layers: [LayerAccumulator]
    private var planner: RequestPlanner
    private var batch: [Planned] = []
    private var batchIDs = 0
    private var sampled: SampledRows
    private var tokens = 0
    private var prefillTokens = 0
    private var brokenRequests = 0

    /// A request and what is to be done with it.
    private struct Planned {
        let request: RequestTrace
        let tokens: Int
        let prefillTokens: Int
        let plan: RequestPlan
    }

    /// Ids that are gathered before the threads set to work: they should still be in a cache then.
    private static let batchLimit = 1 << 17

    /// - Parameters:
    ///   - expectedTokens: tokens that the trace has by its index; it only sets the rates of sampling.
    ///   - pool: its threads share the layers.
    /// - Throws: where the shape has no or too many experts.
    public init(
        shape: TraceShape, expectedTokens: Int, options: AnalysisOptions = AnalysisOptions(), pool: ComputePool
    ) throws(AnalysisError) {
        let experts = shape.layerCount.multipliedReportingOverflow(by: shape.expertCount)
        guard shape.layerCount > 0, shape.expertCount > 0, shape.topK > 0, shape.expertCount < RequestTrace.noExpert,
            !experts.overflow, experts.partialValue <= AnalysisOptions.largestShape
        else {
            throw AnalysisError.shape(shape)
        }
        self.shape = shape
        self.options = options
        self.pool = pool
        layers = (0..<shape.layerCount).map { LayerAccumulator(layer: $0, shape: shape, options: options) }
        sampled = SampledRows(shape: shape)
        planner = RequestPlanner(options: options, shape: shape, expectedTokens: expectedTokens)
    }

    /// Counts a request. Rows that are not whole are left out and counted as such.
    public func add(_ request: RequestTrace) {
        let rows = request.tokenCount(shape)
        if !request.experts.count.isMultiple(of: shape.idsPerToken) { brokenRequests += 1 }
        guard rows > 0 else { return }
        let prefill = min(max(request.prefillTokens, 0), rows)
        tokens += rows
        prefillTokens += prefill
        let plan = planner.plan(request, tokens: rows)
        sampled.append(plan.pairTokens, of: request, half: plan.half)
        batch.append(Planned(request: request, tokens: rows, prefillTokens: prefill, plan: plan))
        batchIDs += request.experts.count
        if batchIDs >= Self.batchLimit { flush() }
        if sampled.isFull { flushSampled() }
    }

    private func flushSampled() {
        let sampled = sampled
        pool.forEach(count: shape.layerCount, grain: 1) { range, _ in
            for layer in range { layers[layer].add(sampled) }
        }
        self.sampled.removeAll()
    }

    private func flush() {
        let batch = batch
        let together = RequestCounts.layersTogether(shape, threads: pool.threads)
        pool.forEach(count: shape.layerCount, grain: together) { range, worker in
            let counts = RequestCounts(
                shape: shape, layers: range,
                memory: pool.scratch(worker: worker, bytes: RequestCounts.bytes(shape, layers: range.count)))
            for planned in batch {
                counts.count(planned.request.experts, tokens: planned.tokens, prefillTokens: planned.prefillTokens)
                for layer in range {
                    layers[layer].add(
                        planned.request, counts: counts[layer], tokens: planned.tokens,
                        prefillTokens: planned.prefillTokens, plan: planned.plan)
                }
            }
        }
        self.batch.removeAll(keepingCapacity: true)
        batchIDs = 0
    }

    /// What has been found so far.
    ///
    /// - Parameters:
    ///   - name: of the trace, for the report's title.
    ///   - warnings: what the reader had to leave out.
    public func report(name: String, warnings: [String] = []) -> ActivationReport {
        flush()
        flushSampled()
        let evidence = Evidence(
            shape: shape, options: options, layers: layers, kept: planner.kept, domains: planner.domains,
            requests: planner.requests, pool: pool)
        return ActivationReport(
            trace: facts(name: name, warnings: warnings),
            sampling: SamplingFacts(
                seed: options.seed, keptRequests: planner.kept.count, pairTokens: planner.sampledPairTokens,
                cacheTokens: planner.sampledCacheTokens, replicates: options.replicates),
            load: LoadSection(evidence), popularity: PopularitySection(evidence), domains: DomainSection(evidence),
            phases: PhaseSection(evidence), coactivation: CoactivationSection(evidence),
            transitions: TransitionSection(evidence),
            drift: DriftSection(evidence, requestsPerWindow: planner.windows.requestsPerWindow),
            workingSet: WorkingSetSection(evidence), stability: StabilitySection(evidence))
    }

    private func facts(name: String, warnings: [String]) -> TraceFacts {
        var notes = warnings
        if brokenRequests > 0 { notes.append("\(brokenRequests) requests ended in the middle of a token's row") }
        if planner.unlistedDomains > 0 {
            notes.append(
                "\(planner.unlistedDomains) requests are of domains beyond the first \(options.domains), which have no "
                    + "figures of their own")
        }
        if !options.countsPairs(shape) { notes.append("co-activation left out: its tables would be too large") }
        return TraceFacts(
            name: name, blocks: shape.blocks, experts: shape.expertCount, expertsPerToken: shape.topK,
            requests: planner.requests, tokens: tokens, prefillTokens: prefillTokens,
            decodeTokens: tokens - prefillTokens, unassigned: layers.reduce(0) { $0 + $1.unassigned },
            invalidIds: layers.reduce(0) { $0 + $1.invalid }, domains: planner.domains, warnings: notes)
    }
}
