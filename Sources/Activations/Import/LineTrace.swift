import Checkpoints

/// This program's plain form: a request a line. A line without `experts` tells the model's shape.
struct LineTrace: ForeignTrace {
    let location: String
    let options: ImportOptions

    func forEach(
        log: inout DamageLog, _ body: (ForeignRequest, _ file: String) throws(TraceError) -> Void
    ) throws(TraceError) {
        for path in try InputFiles(location, endings: [".jsonl"]).paths {
            JSONDocuments.forEach(path, log: &log) { document throws(TraceError) in
                guard document.value["experts"] != nil else { return try Self.checkIsShape(document, path) }
                var request = try request(document, path)
                if options.skipsPrefill { request.dropPrefill() }
                try body(request, path)
            }
        }
    }

    private static let shapeFields = ["blocks", "expert_count", "top_k"]

    private static func checkIsShape(_ document: JSONDocuments.Document, _ path: String) throws(TraceError) {
        guard shapeFields.contains(where: { document.value[$0] != nil }) else {
            throw TraceError(file: path, item: document.name, reason: "has neither experts nor the model's shape")
        }
    }

    /// What the line without `experts`, if there is one, says of the model. Throws if it does not say all, or another
    /// says something else: what comes of the requests depends on it.
    func shape(limits: TraceLimits) throws(TraceError) -> TraceShape? {
        var told: (shape: TraceShape, place: String)?
        var problem: TraceError?
        // What is no JSON is named when the requests are read.
        var log = DamageLog(location: location, limit: 0)
        for path in try InputFiles(location, endings: [".jsonl"]).paths {
            JSONDocuments.forEach(path, log: &log) { document throws(TraceError) in
                let value = document.value
                guard problem == nil, value["experts"] == nil, Self.shapeFields.contains(where: { value[$0] != nil })
                else { return }
                do throws(TraceError) {
                    let fields = FieldReader(value, file: path, object: document.name)
                    let shape = try fields.shape(
                        blocks: "blocks", experts: "expert_count", topK: "top_k", limits: limits)
                    let first = told ?? (shape, "\(path), \(document.name)")
                    guard shape == first.shape else {
                        throw TraceError(
                            file: path, item: document.name, reason: "tells another shape than \(first.place)")
                    }
                    told = first
                } catch { problem = error }
            }
        }
        if let problem { throw problem }
        return told?.shape
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
            firstPosition: try fields.optionalPosition("first_position") ?? 0, experts: [])
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
