extension TrainingSet {
    /// Numbers of a vector.
    func width(stride: Int = 1) -> Int { (shape.layerCount + stride - 1) / stride * shape.expertCount }

    /// Expert use of each request over all layers as vectors of length 1, `[requests * layers * experts]`.
    ///
    /// - Parameter stride: of so many layers one is looked at.
    func vectors(stride: Int = 1) -> [Float] {
        let width = width(stride: stride)
        var vectors = [Float](repeating: 0, count: requests.count * width)
        for request in requests.indices {
            for (index, layer) in Swift.stride(from: 0, to: counts.count, by: stride).enumerated() {
                for expert in 0..<shape.expertCount {
                    vectors[request * width + index * shape.expertCount + expert] =
                        Float(counts[layer][request * shape.expertCount + expert])
                }
            }
            Self.normalise(&vectors, request * width..<(request + 1) * width)
        }
        return vectors
    }

    /// The same, but a request with a label gets the mean direction of all requests with its label.
    func labelVectors(stride: Int = 1) -> [Float] {
        let width = width(stride: stride)
        var vectors = vectors(stride: stride)
        let byLabel = Dictionary(grouping: requests.indices.filter { requests[$0].label != nil }) {
            requests[$0].label ?? ""
        }
        for members in byLabel.values {
            var sum = [Float](repeating: 0, count: width)
            for request in members {
                for index in 0..<width { sum[index] += vectors[request * width + index] }
            }
            Self.normalise(&sum, 0..<width)
            for request in members {
                vectors.replaceSubrange(request * width..<(request + 1) * width, with: sum)
            }
        }
        return vectors
    }

    private static func normalise(_ vectors: inout [Float], _ range: Range<Int>) {
        let length = vectors[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { return }
        for index in range { vectors[index] /= length }
    }
}
