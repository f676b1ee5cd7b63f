/// The tokens in dumps of SGLang's recorder, as requests.
struct RecorderTrace: ForeignTrace {
    let location: String
    let options: ImportOptions

    func forEach(
        log: inout DamageLog, _ body: (ForeignRequest, _ file: String) throws(TraceError) -> Void
    ) throws(TraceError) {
        var known: [Int: String] = [:]
        for (index, path) in try InputFiles(location, endings: [".pt"]).paths.enumerated() {
            do throws(TraceError) {
                guard let passes = try RecorderFile(path: path).passes(log: &log) else {
                    throw TraceError(file: path, reason: "has counts and no tokens, which other files have")
                }
                guard !passes.isEmpty else { continue }
                // Ranks that share a layer's work have the same tokens, each in a file of its own.
                let digest = passes.hashValue
                if let first = known[digest] {
                    throw TraceError(file: path, reason: "has the same tokens as \(first): another rank's copy")
                }
                known[digest] = path
                for var request in requests(passes, name: "file\(index)") {
                    if options.skipsPrefill { request.dropPrefill() }
                    do throws(TraceError) { try body(request, path) } catch { log.add(error, requests: 1) }
                }
            } catch { log.add(error, requests: nil) }
        }
    }

    /// Passes of another shape than the first are left out.
    private func requests(_ passes: [RecorderFile.Pass], name: String) -> [ForeignRequest] {
        guard let layers = passes.first?.ids.shape[0], layers > 0 else { return [] }
        // Rows have a fixed width; what is beyond top-k is -1 in every layer of every token.
        var topK = options.topK ?? 1
        for pass in passes {
            let width = max(1, pass.ids.shape[2])
            for (place, id) in pass.ids.values.enumerated() where id >= 0 { topK = max(topK, place % width + 1) }
        }
        var assembly = SequenceAssembly(layers: layers, topK: topK, name: name)
        for pass in passes where pass.ids.shape[0] == layers && pass.ids.shape[2] >= topK { assembly.add(pass) }
        assembly.finishAll()
        return assembly.finished
    }
}
