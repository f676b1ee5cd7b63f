/// The trace that an import writes. Its folder is made when there is a first request for it.
struct ImportedTrace: ~Copyable {
    private let folder: String
    private let shape: TraceShape
    private let description: TraceDescription
    /// What the folder held before, by id.
    private var earlier: [String: Set<Int>] = [:]
    private var writer: TraceWriter?
    private var summary = ImportSummary()
    /// Why nothing more can be written.
    private var failure: TraceError?

    init(folder: String, shape: TraceShape, description: TraceDescription) {
        self.folder = folder
        self.shape = shape
        self.description = description
    }

    /// Adds a request. Throws, and passes it over, if the folder held it before; if it cannot be written, `finish` does.
    mutating func append(_ request: RequestTrace, log: inout DamageLog) throws(TraceError) {
        guard failure == nil else { return }
        guard request.fits(shape) else {
            throw TraceError(file: folder, item: request.id, reason: "cannot be in a trace: its position is too large")
        }
        do throws(TraceError) { try open() } catch {
            failure = error
            return
        }
        if let same = earlier[request.id] {
            guard !same.contains(Self.digest(request)) else {
                throw TraceError(file: folder, item: request.id, reason: "is in the trace already")
            }
            let found = TraceError(file: folder, item: request.id, reason: "the trace has another request of this id")
            log.add(found, requests: 0)
        }
        do throws(TraceError) {
            guard try writer?.append(request) == true else { return }
        } catch {
            failure = error
            return
        }
        summary.requests += 1
        summary.tokens += request.tokenCount(shape)
    }

    private mutating func open() throws(TraceError) {
        guard writer == nil else { return }
        // The writer first: it refuses a folder that another one is writing, or that holds another model's trace.
        writer = try TraceWriter(folder: folder, shape: shape, description: description)
        var found: [String: Set<Int>] = [:]
        _ = try TraceReader(path: folder).forEachRequest { found[$0.id, default: []].insert(Self.digest($0)) }
        earlier = found
    }

    private static func digest(_ request: RequestTrace) -> Int {
        var hasher = Hasher()
        hasher.combine(request.prefillTokens)
        hasher.combine(request.firstPosition)
        hasher.combine(request.experts)
        return hasher.finalize()
    }

    /// Writes what remains. Throws if that fails, or no request was imported: then for the first reason in `log`.
    mutating func finish(_ log: DamageLog, input: String) throws(TraceError) -> ImportSummary {
        if let failure { throw failure }
        guard summary.requests > 0 else {
            throw log.damages.first?.error ?? TraceError(file: input, reason: "holds no request")
        }
        try writer?.flush()
        summary.damages = log.damages
        return summary
    }
}
