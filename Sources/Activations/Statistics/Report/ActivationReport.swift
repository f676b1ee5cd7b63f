import Foundation

/// What the activations of a trace have in common. Its JSON form is documented in `docs/trace-report.md`.
public struct ActivationReport: Sendable, Encodable {
    /// Of the JSON form; it grows when a key changes its meaning or goes.
    public let version = 1
    public let trace: TraceFacts
    public let sampling: SamplingFacts
    public let load: LoadSection
    public let popularity: PopularitySection
    /// nil without labels.
    public let domains: DomainSection?
    /// nil where no request has both phases.
    public let phases: PhaseSection?
    /// nil where it was left out or nothing was sampled.
    public let coactivation: CoactivationSection?
    /// nil for a single layer, or where it was left out.
    public let transitions: TransitionSection?
    /// nil for fewer than four requests.
    public let drift: DriftSection?
    /// nil where nothing was sampled.
    public let workingSet: WorkingSetSection?
    /// nil for fewer than four requests.
    public let stability: StabilitySection?

    /// One line, keys in snake case and sorted; `findings` stand beside the sections.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(Document(report: self))
    }
}

/// The report and its sentences in one object.
private struct Document: Encodable {
    let report: ActivationReport

    private enum Key: CodingKey { case findings }

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(report.findings, forKey: .findings)
    }
}

/// What was read.
public struct TraceFacts: Sendable, Equatable, Encodable {
    public let name: String
    public let blocks: [Int]
    public let experts: Int
    public let expertsPerToken: Int
    public let requests: Int
    public let tokens: Int
    public let prefillTokens: Int
    public let decodeTokens: Int
    /// Places of the trace without an expert.
    public let unassigned: UInt64
    /// Ids beyond the layer's experts; they count nowhere else.
    public let invalidIds: UInt64
    public let domains: [DomainFacts]
    /// What was left out, and why.
    public let warnings: [String]
}

/// What was drawn by chance. All that is not listed here was counted on every token of every request.
public struct SamplingFacts: Sendable, Equatable, Encodable {
    public let seed: UInt64
    /// Requests behind the bootstrap, the mismatched controls, the drift test and Vuong's z.
    public let keptRequests: Int
    /// Tokens behind co-activation and transitions.
    public let pairTokens: Int
    /// Tokens behind the working sets, of whole requests.
    public let cacheTokens: Int
    public let replicates: Int
}
