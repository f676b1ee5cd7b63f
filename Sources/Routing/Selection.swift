/// `scores[i] = exp(logits[i] - max) / sum`, in float32.
func softmax(_ logits: UnsafeBufferPointer<Float>, into scores: UnsafeMutableBufferPointer<Float>) {
    let largest = logits.reduce(-Float.infinity) { Swift.max($0, $1) }
    var total: Float = 0
    for i in logits.indices {
        let e = exponential(logits[i] - largest)
        scores.initializeElement(at: i, to: e)
        total += e
    }
    for i in scores.indices { scores[i] /= total }
}

func sigmoid(_ x: Float) -> Float { 1 / (1 + exponential(-x)) }

/// Indices of the largest values, largest first, lower index first among equals. Not-a-number counts as smallest.
func selectLargest(_ values: UnsafeMutableBufferPointer<Float>, into chosen: UnsafeMutableBufferPointer<Int>) {
    for rank in 0..<chosen.count {
        var best = -1
        for candidate in values.indices where !chosen[..<rank].contains(candidate) {
            if best < 0 || values[candidate] > values[best] || values[best].isNaN && !values[candidate].isNaN {
                best = candidate
            }
        }
        chosen.initializeElement(at: rank, to: best)
    }
}
