import Foundation
import Randomness
import Tensors
import Testing

@Suite struct AttentionTests {
    @Test(arguments: everyKernels, [1, 3, 4, 6, 8])
    func attentionAgreesWithFloat64(_ kernels: Kernels, _ heads: Int) {
        for (dimension, positions) in [(64, 1), (128, 77), (80, 33), (24, 5), (7, 19), (16, 130)] {
            var random = SplitMix64(seed: UInt64(dimension * 1000 + positions))
            let stride = dimension * 2 + 3
            let queries = random.floats(heads * dimension, in: -2...2)
            let keys = random.floats(positions * stride), values = random.floats(positions * stride)
            let output = FloatBuffer(count: heads * dimension + 1), scores = FloatBuffer(count: heads * positions)
            output[heads * dimension] = 42
            let scale = 1 / Float(dimension).squareRoot()
            kernels.attend(
                queries: queries.pointer, queryStride: dimension, heads: heads, keys: keys.pointer,
                values: values.pointer, stride: stride, positions: positions, dimension: dimension, scale: scale,
                scores: scores.pointer, output: output.pointer, outputStride: dimension)
            #expect(output[heads * dimension] == 42)
            for head in 0..<heads {
                let logits = (0..<positions).map { position in
                    (0..<dimension).reduce(0.0) {
                        $0 + Double(queries[head * dimension + $1]) * Double(keys[position * stride + $1])
                    } * Double(scale)
                }
                let largest = logits.max() ?? 0
                let weights = logits.map { exp($0 - largest) }
                let sum = weights.reduce(0, +)
                for d in 0..<dimension {
                    let exact = (0..<positions).reduce(0.0) { $0 + weights[$1] / sum * Double(values[$1 * stride + d]) }
                    #expect(abs(Double(output[head * dimension + d]) - exact) < 5e-6, "head \(head) element \(d)")
                }
            }
        }
    }

    @Test(arguments: everyKernels)
    func pagesGiveTheBitsOfOneSegment(_ kernels: Kernels) {
        var random = SplitMix64(seed: 3)
        let dimension = 40, positions = 50, heads = 5, page = 16
        let weights = random.floats(heads * positions), values = random.floats(positions * dimension)
        func sum(step: Int) -> [Float] {
            let output = FloatBuffer(count: heads * dimension)
            for start in stride(from: 0, to: positions, by: step) {
                kernels.addWeightedRows(
                    weights: weights.pointer + start, weightStride: positions, heads: heads,
                    values: values.pointer + start * dimension, stride: dimension,
                    positions: min(step, positions - start), dimension: dimension, output: output.pointer,
                    outputStride: dimension)
            }
            return Array(output.elements)
        }
        #expect(sum(step: page) == sum(step: positions))
    }
}
