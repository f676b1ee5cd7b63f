import Checkpoints

/// Requests in files of another program, gone through as often as needed.
protocol ForeignTrace {
    var location: String { get }

    /// Calls `body` with each request that can be read; what cannot, or what `body` refuses, goes to `log`.
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
            try JSONDocuments.forEach(path, log: &log) { document throws(TraceError) in
                let answer = AnswerReader(document.value, file: path, name: document.name, options: options)
                for var request in try answer.requests() {
                    if format == .sglang { request.hasDenseLayers = true }
                    try body(request, path)
                }
            }
        }
    }
}

/// This program's plain form: a request a line. A line without `experts` tells the model's shape.
struct LineTrace: ForeignTrace {
    let location: String

    func forEach(
        log: inout DamageLog, _ body: (ForeignRequest, _ file: String) throws(TraceError) -> Void
    ) throws(TraceError) {
        for path in try InputFiles(location, endings: [".jsonl"]).paths {
            try JSONDocuments.forEach(path, log: &log) { document throws(TraceError) in
                guard document.value["experts"] != nil else { return }
                try body(try request(document, path), path)
            }
        }
    }

    /// What the line without `experts`, if there is one, says of the model.
    func shape(limits: TraceLimits) throws(TraceError) -> TraceShape? {
        var shape: TraceShape?
        var log = DamageLog(location: location, limit: 0)
        for path in try InputFiles(location, endings: [".jsonl"]).paths where shape == nil {
            try JSONDocuments.forEach(path, log: &log) { document throws(TraceError) in
                guard shape == nil, document.value["experts"] == nil else { return }
                let fields = FieldReader(document.value, file: path, object: document.name)
                shape = try fields.shape(blocks: "blocks", experts: "expert_count", topK: "top_k", limits: limits)
            }
        }
        return shape
    }

    private func request(_ document: JSONDocuments.Document, _ path: String) throws(TraceError) -> ForeignRequest {
        let fields = FieldReader(document.value, file: path, object: document.name)
        let experts = try RoutedValue(fields["experts"] ?? .null, file: path, field: "\(document.name).experts")
        let ids = try experts.array.rows(
            ImportOptions(), tokens: nil, file: path, field: "\(document.name).experts")
        var request = RequestTrace(
            id: try fields.optionalText("id") ?? document.name, domain: try fields.optionalText("domain"),
            category: try fields.optionalText("category"), arrival: try fields.optionalNumber("arrival"),
            prefillTokens: try fields.optionalSize("prefill") ?? 0,
            firstPosition: try fields.optionalSize("first_position") ?? 0, experts: [])
        request.prefillSeconds = try fields.optionalNumber("prefill_seconds")
        request.decodeSeconds = try fields.optionalNumber("decode_seconds")
        guard request.prefillTokens <= ids.shape[0] else {
            throw fields.error("prefill", "is \(request.prefillTokens) of \(ids.shape[0]) tokens")
        }
        return ForeignRequest(request: request, ids: ids, weights: try weights(fields, ids))
    }

    private func weights(_ fields: FieldReader, _ ids: NumberArray) throws(TraceError) -> [Float]? {
        guard let value = fields["weights"] else { return nil }
        var weights: [Float] = []
        var level = [value]
        for _ in 0..<3 { level = level.flatMap { $0.arrayValue ?? [] } }
        for number in level {
            guard let weight = number.floatValue.map(Float.init), weight.isFinite else {
                throw fields.error("weights", "holds something other than numbers")
            }
            weights.append(weight)
        }
        guard weights.count == ids.values.count else { throw fields.error("weights", "has another shape than experts") }
        return weights
    }
}
