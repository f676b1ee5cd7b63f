/// Reads a trace of this program's own format: a folder with `trace.json` and safetensors segments.
///
/// One segment is mapped at a time and one request in memory. Segments and requests that are damaged are passed over
/// and named; the rest is read.
public struct TraceReader: TraceSource {
    public let location: String
    public let description: TraceDescription
    public var shape: TraceShape { index.shape }
    /// Requests that were to be recorded but were not, for want of time or space.
    public var droppedRequests: Int { index.droppedRequests }
    public var requestCount: Int { index.requestCount }
    public var tokenCount: Int { index.tokenCount }
    /// Bytes of all segments.
    public var byteCount: Int { index.byteCount }
    private let index: TraceIndex
    private let limits: TraceLimits

    /// Throws if the index is missing, damaged or beyond the limits; segments are opened only when read.
    public init(path: String, limits: TraceLimits = .default) throws(TraceError) {
        index = try TraceIndex(folder: path, limits: limits)
        description = index.description
        location = path
        self.limits = limits
    }

    public func forEachRequest<Failure: Error>(
        _ body: (RequestTrace) throws(Failure) -> Void
    ) throws(Failure) -> [TraceDamage] {
        var log = DamageLog(location: location, limit: limits.damages)
        for segment in index.segments {
            guard let reader = open(segment, &log) else { continue }
            for entry in reader.entries {
                let request: RequestTrace
                do throws(TraceError) { request = try reader.request(entry) } catch {
                    log.add(error, requests: 1)
                    continue
                }
                try body(request)
            }
        }
        return log.damages
    }

    /// Nil, and the segment is in `log`, if it cannot be read.
    private func open(_ segment: TraceIndex.Segment, _ log: inout DamageLog) -> SegmentReader? {
        let path = location + "/" + segment.file
        do throws(TraceError) {
            let reader = try SegmentReader(path: path, shape: shape)
            if reader.entries.count != segment.requests {
                let found = "holds \(reader.entries.count) requests, \(segment.requests) by the index"
                log.add(TraceError(file: path, reason: found), requests: 0)
            }
            return reader
        } catch {
            log.add(error, requests: segment.requests)
            return nil
        }
    }
}
