/// A request as another program tells of it: layers and experts are not yet checked against a model's shape.
struct ForeignRequest {
    /// Labels, phase boundary and position; no experts.
    var request: RequestTrace
    /// Shape [tokens × layers × top-k]; negative: no expert.
    var ids: NumberArray
    var weights: [Float]?
    /// Whether layers without experts are there too, all zeros.
    var hasDenseLayers = false

    var tokens: Int { ids.shape[0] }
    var layers: Int { ids.shape[1] }
    var topK: Int { ids.shape[2] }

    /// Leaves the prompt's rows out.
    mutating func dropPrefill() {
        let rows = request.prefillTokens
        let count = rows * layers * topK
        ids.values.removeFirst(count)
        weights?.removeFirst(count)
        ids.shape[0] -= rows
        request.firstPosition += rows
        request.prefillTokens = 0
    }
}

/// What is learnt of a model by going through all requests once.
struct ForeignSurvey {
    private(set) var layers = 0
    private(set) var topK = 0
    private var largest: Int64 { largestOfLayer.max() ?? -1 }
    /// The largest id of each layer.
    private var largestOfLayer: [Int64] = []
    private var hasDenseLayers = false
    private var isEmpty = true

    /// Throws if the request is of another shape than those before.
    mutating func add(_ foreign: ForeignRequest, file: String) throws(TraceError) {
        // A request without tokens has no shape.
        guard foreign.tokens > 0 else { return }
        if isEmpty {
            (layers, topK, isEmpty) = (foreign.layers, foreign.topK, false)
            largestOfLayer = Array(repeating: -1, count: layers)
        }
        guard foreign.layers == layers, foreign.topK == topK else {
            throw TraceError(
                file: file, item: foreign.request.id,
                reason: "has \(foreign.layers) layers of \(foreign.topK) experts, others \(layers) of \(topK)")
        }
        hasDenseLayers = hasDenseLayers || foreign.hasDenseLayers
        for (index, id) in foreign.ids.values.enumerated() {
            let layer = index / topK % layers
            largestOfLayer[layer] = max(largestOfLayer[layer], id)
        }
    }

    /// The shape of the trace and the layers of the requests that it takes.
    func layout(
        _ options: ImportOptions, file: String, limits: TraceLimits
    ) throws(TraceError) -> (shape: TraceShape, layers: [Int]) {
        guard !isEmpty else { throw TraceError(file: file, reason: "holds no routed experts") }
        let (blocks, chosen) = try layers(options, file: file)
        let shape = TraceShape(
            blocks: blocks, expertCount: options.expertCount ?? Int(clamping: largest + 1), topK: topK)
        if let problem = shape.problem(limits) { throw TraceError(file: file, reason: problem) }
        return (shape, chosen)
    }

    private func layers(
        _ options: ImportOptions, file: String
    ) throws(TraceError) -> (blocks: [Int], layers: [Int]) {
        if let blocks = options.blocks {
            if blocks.count == layers { return (blocks, Array(0..<layers)) }
            guard blocks.allSatisfy((0..<layers).contains) else {
                throw TraceError(
                    file: file, reason: "\(layers) layers were recorded, which are not the blocks \(blocks)")
            }
            return (blocks, blocks)
        }
        guard hasDenseLayers else { return (Array(0..<layers), Array(0..<layers)) }
        // Dense layers are left at -1 or 0. Experts of a token are distinct: with two or more, all zeros are none.
        let used = (0..<layers).filter { largestOfLayer[$0] >= (topK > 1 ? 1 : 0) }
        return (used, used)
    }
}

extension ForeignRequest {
    /// The request as a trace has it. Throws if an id is of no expert.
    func trace(_ shape: TraceShape, layers chosen: [Int], file: String) throws(TraceError) -> RequestTrace {
        var result = request
        result.experts.reserveCapacity(tokens * shape.idsPerToken)
        if weights != nil { result.weights = [] }
        for token in 0..<tokens {
            for layer in chosen {
                let first = (token * layers + layer) * topK
                for id in ids.values[first..<first + topK] {
                    guard id < shape.expertCount else {
                        throw TraceError(
                            file: file, item: request.id, reason: "expert \(id) is not below \(shape.expertCount)")
                    }
                    result.experts.append(id < 0 ? RequestTrace.noExpert : UInt16(id))
                }
                if let weights { result.weights?.append(contentsOf: weights[first..<first + topK]) }
            }
        }
        return result
    }
}
