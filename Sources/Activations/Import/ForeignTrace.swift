import Checkpoints

/// Requests in files of another program, gone through as often as needed.
protocol ForeignTrace {
    var location: String { get }

    /// Calls `body` with each request that can be read; what cannot, or what `body` refuses, goes to `log`. Throws if
    /// there is no file at all, or one misleads about all requests.
    func forEach(
        log: inout DamageLog, _ body: (ForeignRequest, _ file: String) throws(TraceError) -> Void
    ) throws(TraceError)
}

/// Answers of an API, as JSON or JSON lines.
struct AnswerTrace: ForeignTrace {
    let location: String
    let format: TraceFormat
    let options: ImportOptions

    func forEach(
        log: inout DamageLog, _ body: (ForeignRequest, _ file: String) throws(TraceError) -> Void
    ) throws(TraceError) {
        for path in try InputFiles(location, endings: [".json", ".jsonl"]).paths {
            JSONDocuments.forEach(path, log: &log) { document throws(TraceError) in
                let answer = AnswerReader(document.value, file: path, name: document.name, options: options)
                var refusal: TraceError?
                for var request in try answer.requests() {
                    if format == .sglang { request.hasDenseLayers = true }
                    do throws(TraceError) { try body(request, path) } catch { refusal = refusal ?? error }
                }
                if let refusal { throw refusal }
            }
        }
    }
}
