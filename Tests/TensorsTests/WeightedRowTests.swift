import Foundation
import Randomness
import Tensors
import Testing

@Suite struct WeightedRowTests {
    @Test(arguments: everyKernels)
    func partsGiveTheBitsOfOneSum(_ kernels: Kernels) {
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
