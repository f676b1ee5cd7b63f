import Checkpoints
import Foundation

/// Turns what another program tells about routed experts into a trace.
public struct TraceImport {
    public let format: TraceFormat
    public let options: ImportOptions
    private let limits = TraceLimits.default

    public init(format: TraceFormat, options: ImportOptions = ImportOptions()) {
        self.format = format
        self.options = options
    }

    /// Imports `input`, a file or a folder of files, into the folder `output`: a trace, or `counts.json` where the
    /// source has counts only. Goes through the input twice: first to learn the model's shape.
    ///
    /// - Throws: if nothing can be imported at all, for the first reason; single files and requests that cannot, or that
    ///   `output` holds already, are in the summary's damages.
    public func run(input: String, output: String) throws(TraceError) -> ImportSummary {
        switch format {
        case .vllm, .sglang:
            return try convert(AnswerTrace(location: input, format: format, options: options), nil, to: output)
        case .jsonl:
            try options.checkHasNoHiddenLayers(format, file: input)
            let lines = LineTrace(location: input, options: options)
            return try convert(lines, lines.shape(limits: limits), to: output)
        case .sglangRecorder: return try importRecorder(input, to: output)
        case .tensorRTLLM:
            var log = DamageLog(location: input, limit: limits.damages)
            let counts = try StatisticsFolder(path: input).counts(log: &log, limits: limits)
            return try save(counts, log, input: input, to: output)
        case .compact:
            try options.checkHasNoHiddenLayers(format, file: input)
            let source = try CompactTrace(path: input)
            try options.check(source.shape, file: input)
            return try copy(source, to: output)
        }
    }

    private func convert(
        _ source: some ForeignTrace, _ told: TraceShape?, to output: String
    ) throws(TraceError) -> ImportSummary {
        var log = DamageLog(location: source.location, limit: limits.damages)
        var survey = ForeignSurvey(options, told: told)
        try source.forEach(log: &log) { request, file throws(TraceError) in try survey.add(request, file: file) }
        if survey.isEmpty, let first = log.damages.first { throw first.error }
        let (shape, layers) = try survey.layout(file: source.location, limits: limits)
        var trace = imported(shape, to: output)
        // What cannot be read is found again by the second pass, with what the shape refuses.
        log = DamageLog(location: source.location, limit: limits.damages)
        var notes = DamageLog(location: output, limit: limits.damages)
        try source.forEach(log: &log) { request, file throws(TraceError) in
            try survey.check(request, file: file)
            try trace.append(request.trace(shape, layers: layers, file: file), log: &notes)
        }
        return try trace.finish(log.adding(notes), input: source.location)
    }

    private func importRecorder(_ input: String, to output: String) throws(TraceError) -> ImportSummary {
        let paths = try InputFiles(input, endings: [".pt"]).paths
        var log = DamageLog(location: input, limit: limits.damages)
        var total: ExpertCounts?
        var hasTokens = false
        for path in paths {
            do throws(TraceError) {
                let file = try RecorderFile(path: path)
                hasTokens = try file.passes(log: &log) != nil
                if hasTokens { break }
                let counts = try file.counts(limits: limits)
                if total == nil { total = counts } else { try total?.add(counts, file: path) }
            } catch { log.add(error, requests: nil) }
        }
        if hasTokens { return try convert(RecorderTrace(location: input, options: options), nil, to: output) }
        guard let total else {
            throw log.damages.first?.error ?? TraceError(file: input, reason: "holds no dump of the recorder")
        }
        return try save(total, log, input: input, to: output)
    }

    private func copy(_ source: some TraceSource, to output: String) throws(TraceError) -> ImportSummary {
        var trace = imported(source.shape, to: output)
        var notes = DamageLog(location: output, limit: limits.damages)
        let damages = source.forEachRequest { request in
            var request = request
            if options.skipsPrefill { request.dropPrefill(source.shape) }
            do throws(TraceError) { try trace.append(request, log: &notes) } catch { notes.add(error, requests: 1) }
        }
        var log = DamageLog(location: source.location, limit: limits.damages)
        for damage in damages { log.add(damage.error, requests: damage.requests) }
        return try trace.finish(log.adding(notes), input: source.location)
    }

    private func imported(_ shape: TraceShape, to output: String) -> ImportedTrace {
        ImportedTrace(
            folder: output, shape: shape,
            description: TraceDescription(model: options.model, source: "imported from \(format.rawValue)"))
    }

    private func save(
        _ counts: ExpertCounts, _ log: DamageLog, input: String, to output: String
    ) throws(TraceError) -> ImportSummary {
        guard !counts.blocks.isEmpty else {
            throw log.damages.first?.error ?? TraceError(file: input, reason: "counted nothing")
        }
        try options.checkHasNoHiddenLayers(format, file: input)
        try options.check(counts, file: input)
        var counts = counts
        counts.topK = counts.topK ?? options.topK
        try counts.write(folder: output)
        return ImportSummary(counts: counts, damages: log.damages)
    }
}

extension ExpertCounts {
    /// Writes `counts.json` into `folder`, which is made if need be.
    public func write(folder: String) throws(TraceError) {
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            throw TraceError(file: folder, reason: "cannot create: \(error.localizedDescription)")
        }
        try write(path: folder + "/" + Self.fileName)
    }

    /// Writes a counts file.
    public func write(path: String) throws(TraceError) { try writeWhole(json(), to: path) }

    /// Adds counts of the same model. Throws if they are of another.
    mutating func add(_ other: ExpertCounts, file: String) throws(TraceError) {
        guard other.blocks == blocks, other.expertCount == expertCount else {
            throw TraceError(file: file, reason: "counts another model's layers or experts")
        }
        // A file counts as a whole or not at all.
        var sum = self
        for (layer, row) in other.counts.enumerated() {
            for (expert, count) in row.enumerated() { try sum.add(count, layer: layer, expert: expert, file: file) }
        }
        self = sum
    }
}
