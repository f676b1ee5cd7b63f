/// What is learnt of a model by going through all requests once.
struct ForeignSurvey {
    private(set) var layers = 0
    private(set) var topK = 0
    /// The shape that the source itself tells.
    private let told: TraceShape?
    private let options: ImportOptions
    private var largest: Int64 { largestOfLayer.max() ?? -1 }
    /// The largest id of each layer.
    private var largestOfLayer: [Int64] = []
    private var hasDenseLayers = false
    /// Whether no request had tokens.
    private(set) var isEmpty = true

    init(_ options: ImportOptions, told: TraceShape?) {
        self.options = options
        self.told = told
        if let told { (layers, topK) = (told.layerCount, told.topK) }
    }

    /// Throws if the request is of another shape than what was told or those before.
    mutating func add(_ foreign: ForeignRequest, file: String) throws(TraceError) {
        // A request without tokens has no shape.
        guard foreign.tokens > 0 else { return }
        try checkOptions(foreign, file: file)
        if isEmpty, told == nil { (layers, topK) = (foreign.layers, foreign.topK) }
        try check(foreign, file: file)
        if isEmpty { largestOfLayer = Array(repeating: -1, count: layers) }
        isEmpty = false
        hasDenseLayers = hasDenseLayers || foreign.hasDenseLayers
        for (index, id) in foreign.ids.values.enumerated() {
            let layer = index / topK % layers
            largestOfLayer[layer] = max(largestOfLayer[layer], id)
        }
    }

    /// Throws if a request is of another shape than the one that was learnt.
    func check(_ foreign: ForeignRequest, file: String) throws(TraceError) {
        guard foreign.tokens > 0, foreign.layers != layers || foreign.topK != topK else { return }
        let others = told == nil ? "others \(layers) of \(topK)" : "the model \(layers) of \(topK)"
        throw TraceError(
            file: file, item: foreign.request.id,
            reason: "has \(foreign.layers) layers of \(foreign.topK) experts, \(others)")
    }

    /// Arrays with a shape of their own may contradict what the user said of it.
    private func checkOptions(_ foreign: ForeignRequest, file: String) throws(TraceError) {
        if let topK = options.topK, topK != foreign.topK {
            throw TraceError(
                file: file, item: foreign.request.id,
                reason: "has \(foreign.topK) experts a token and layer, --top-k says \(topK)")
        }
        if let layers = options.hiddenLayers, foreign.hasDenseLayers, layers != foreign.layers {
            throw TraceError(
                file: file, item: foreign.request.id,
                reason: "has \(foreign.layers) layers, --hidden-layers says \(layers)")
        }
    }

    /// The shape of the trace and the layers of the requests that it takes.
    func layout(file: String, limits: TraceLimits) throws(TraceError) -> (shape: TraceShape, layers: [Int]) {
        guard !isEmpty else { throw TraceError(file: file, reason: "holds no routed experts") }
        if let told {
            try options.check(told, file: file)
            return (told, Array(0..<told.layerCount))
        }
        guard largest >= 0 || options.expertCount != nil else {
            throw TraceError(file: file, reason: "no token has an expert, so their number must be told: --experts")
        }
        let (blocks, chosen) = try layers(file: file)
        // Experts of a token are distinct.
        let experts = options.expertCount ?? max(topK, Int(min(largest, 1 << 32)) + 1)
        let shape = TraceShape(blocks: blocks, expertCount: experts, topK: topK)
        if let problem = shape.problem(limits) { throw TraceError(file: file, reason: problem) }
        return (shape, chosen)
    }

    private func layers(file: String) throws(TraceError) -> (blocks: [Int], layers: [Int]) {
        if let blocks = options.blocks {
            if blocks.count == layers { return (blocks, Array(0..<layers)) }
            guard blocks.allSatisfy((0..<layers).contains) else {
                throw TraceError(
                    file: file, reason: "\(layers) layers were recorded, which are not the blocks \(blocks)")
            }
            return (blocks, blocks)
        }
        guard hasDenseLayers else { return (Array(0..<layers), Array(0..<layers)) }
        // Dense layers are left at -1 or 0. Experts of a token are distinct: with two or more, all zeros are none. With one,
        // all zeros are taken for none too, unless no layer has anything else.
        var used = (0..<layers).filter { largestOfLayer[$0] >= 1 }
        if used.isEmpty, topK == 1 { used = (0..<layers).filter { largestOfLayer[$0] == 0 } }
        return (used, used)
    }
}
