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

extension RequestTrace {
    /// Leaves the prompt's rows out.
    mutating func dropPrefill(_ shape: TraceShape) {
        let count = prefillTokens * shape.idsPerToken
        experts.removeFirst(count)
        weights?.removeFirst(count)
        firstPosition += prefillTokens
        prefillTokens = 0
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
