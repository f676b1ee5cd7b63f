import Tensors

/// Logits in blocks, and what is known of each block: its largest logit, and the sum of its weights.
struct LogitBlocks {
    private var maxima: [Float] = []
    private var weights: [Double] = []
    private var sums: [Double] = []

    /// Finds the largest of each block, and returns the index of the largest of all: the lowest among equals, 0 if none
    /// is a number.
    mutating func scan(_ logits: UnsafeBufferPointer<Float>) -> Int {
        let blocks = Kernels.logitBlocks(logits.count)
        if maxima.count != blocks { maxima = [Float](repeating: 0, count: blocks) }
        maxima.withUnsafeMutableBufferPointer { Kernels.selected.blockMaxima(logits, into: $0) }
        var best = 0
        for block in maxima.indices where maxima[block] > maxima[best] { best = block }
        return range(of: best, logits.count).first { logits[$0] == maxima[best] } ?? 0
    }

    /// A logit that at least `count` tokens reach, because as many blocks do; minus infinity if there are fewer blocks.
    func bound(ofLargest count: Int) -> Double {
        guard count <= maxima.count else { return -.infinity }
        var largest = maxima
        // Few are kept: the largest `count` so far, the least of them first, in a heap.
        largest.withUnsafeMutableBufferPointer { heap in
            for i in stride(from: count / 2 - 1, through: 0, by: -1) { Self.sift(heap, from: i, count: count) }
            for i in count..<heap.count where heap[i] > heap[0] {
                heap[0] = heap[i]
                Self.sift(heap, from: 0, count: count)
            }
        }
        return Double(largest[0])
    }

    /// Calls `body` with the tokens whose logits are at least `least`, in order.
    func forEach(
        in logits: UnsafeBufferPointer<Float>, from least: Double, _ body: (_ token: Int, _ logit: Float) -> Void
    ) {
        for block in maxima.indices where Double(maxima[block]) >= least {
            for token in range(of: block, logits.count) where Double(logits[token]) >= least {
                body(token, logits[token])
            }
        }
    }

    /// Computes the weight of every token, `exp((logit - best) * inverseTemperature)`, and returns their sum.
    mutating func weigh(_ logits: UnsafeBufferPointer<Float>, best: Float, inverseTemperature: Double) -> Double {
        if weights.count != logits.count { weights = [Double](repeating: 0, count: logits.count) }
        if sums.count != maxima.count { sums = [Double](repeating: 0, count: maxima.count) }
        weights.withUnsafeMutableBufferPointer { weights in
            sums.withUnsafeMutableBufferPointer { sums in
                Kernels.selected.samplingWeights(
                    of: logits, best: best, inverseTemperature: inverseTemperature, into: weights, sums: sums)
            }
        }
        return sums.reduce(0, +)
    }

    /// The first token at which the weights so far pass `point`; nil if rounding left it past the last.
    func token(at point: Double) -> Int? {
        var left = point
        for block in sums.indices {
            if left < sums[block] {
                for token in range(of: block, weights.count) {
                    left -= weights[token]
                    if left < 0 { return token }
                }
            } else {
                left -= sums[block]
            }
        }
        return nil
    }

    private func range(of block: Int, _ count: Int) -> Range<Int> {
        block * Kernels.logitBlock..<min((block + 1) * Kernels.logitBlock, count)
    }

    /// Moves the element at `start` of a heap of `count`, least first, down to its place.
    private static func sift(_ heap: UnsafeMutableBufferPointer<Float>, from start: Int, count: Int) {
        var parent = start
        while 2 * parent + 1 < count {
            var child = 2 * parent + 1
            if child + 1 < count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
