import Experts
import Foundation
import Randomness
import Routing
import Tensors
import Testing

/// Random float32 experts together with their numbers.
private struct RandomExperts {
    let hidden: Int
    let width: Int
    let weights: ExpertWeights
    private let gate: [[Float]]
    private let up: [[Float]]
    private let down: [[Float]]

    init(count: Int, hidden: Int, width: Int, using random: inout SplitMix64) throws {
        self.hidden = hidden
        self.width = width
        func numbers(_ n: Int) -> [Float] { (0..<n).map { _ in Float.random(in: -1...1, using: &random) } }
        gate = (0..<count).map { _ in numbers(width * hidden) }
        up = (0..<count).map { _ in numbers(width * hidden) }
        down = (0..<count).map { _ in numbers(hidden * width) }
        weights = ExpertWeights(
            gate: try gate.map { try Self.matrix($0, rows: width, columns: hidden) },
            up: try up.map { try Self.matrix($0, rows: width, columns: hidden) },
            down: try down.map { try Self.matrix($0, rows: hidden, columns: width) })
    }

    private static func matrix(_ numbers: [Float], rows: Int, columns: Int) throws -> WeightMatrix {
        let buffer = FloatBuffer(count: numbers.count)
        for (i, number) in numbers.enumerated() { buffer[i] = number }
        let region = ByteRegion(base: buffer.pointer, count: numbers.count * 4, owner: buffer)
        return try #require(WeightMatrix(type: .f32, rows: rows, columns: columns, region: region))
    }

    /// `down(silu(gate x) * up x)` of one expert in Float64.
    func reference(expert: Int, input: [Float]) -> [Double] {
        func product(_ matrix: [Float], _ row: Int, _ x: [Double]) -> Double {
            (0..<x.count).reduce(0) { $0 + Double(matrix[row * x.count + $1]) * x[$1] }
        }
        let x = input.map(Double.init)
        let activated = (0..<width).map { row in
            let g = product(gate[expert], row, x)
            return g / (1 + exp(-g)) * product(up[expert], row, x)
        }
        return (0..<hidden).map { product(down[expert], $0, activated) }
    }
}

@Suite struct GroupedExpertsTests {
    /// Uneven routings of random batches, against the definition.
    @Test(arguments: [1, 2, 3]) func matchesTheDefinition(threads: Int) throws {
        for seed in UInt64(1)...12 {
            var random = SplitMix64(seed: seed)
            let count = Int.random(in: 1...9, using: &random)
            let model = try RandomExperts(
                count: count, hidden: Int.random(in: 1...70, using: &random),
                width: Int.random(in: 1...150, using: &random), using: &random)
            let perToken = Int.random(in: 1...min(4, count), using: &random)
            let tokens = Int.random(in: 1...40, using: &random)
            let decision = randomDecision(tokens, count, perToken, using: &random)
            compare(model, decision, threads: threads, seed: seed, using: &random)
        }
    }

    /// So many rows that a thread takes more of them at once than it multiplies at once.
    @Test(arguments: [1, 2]) func matchesTheDefinitionWithManyRows(threads: Int) throws {
        let seed: UInt64 = 5
        var random = SplitMix64(seed: seed)
        let model = try RandomExperts(count: 3, hidden: 1100, width: 40, using: &random)
        for tokens in [3, 30] {
            let decision = randomDecision(tokens, 3, 2, using: &random)
            compare(model, decision, threads: threads, seed: seed, using: &random)
        }
    }

    /// Runs random inputs and compares with the definition.
    private func compare(
        _ model: RandomExperts, _ decision: RoutingDecision, threads: Int, seed: UInt64, using random: inout SplitMix64
    ) {
        let (tokens, perToken) = (decision.tokens, decision.expertsPerToken)
        let input = (0..<tokens * model.hidden).map { _ in Float.random(in: -1...1, using: &random) }
        let output = run(model, input, decision, threads: threads)
        for token in 0..<tokens {
            let x = Array(input[token * model.hidden..<(token + 1) * model.hidden])
            var expected = [Double](repeating: 0, count: model.hidden)
            for a in token * perToken..<(token + 1) * perToken {
                let result = model.reference(expert: Int(decision.experts[a]), input: x)
                for i in result.indices { expected[i] += Double(decision.weights[a]) * result[i] }
            }
            let tolerance = expected.reduce(1) { max($0, abs($1)) } * 1e-5
            for i in expected.indices {
                let actual = Double(output[token * model.hidden + i])
                #expect(abs(actual - expected[i]) < tolerance, "token \(token), seed \(seed)")
            }
        }
    }

    /// What a token gets does not depend on the other tokens of the batch, to the bit.
    @Test func tokensDoNotInfluenceEachOther() throws {
        var random = SplitMix64(seed: 77)
        let model = try RandomExperts(count: 6, hidden: 48, width: 80, using: &random)
        let input = (0..<30 * 48).map { _ in Float.random(in: -1...1, using: &random) }
        let decision = randomDecision(30, 6, 2, using: &random)
        let together = run(model, input, decision, threads: 2)
        for token in 0..<30 {
            var alone = RoutingDecision(expertCount: 6, expertsPerToken: 2)
            let range = token * 2..<token * 2 + 2
            alone.append(experts: decision.experts[range].map(Int.init), weights: Array(decision.weights[range]))
            let output = run(model, Array(input[token * 48..<(token + 1) * 48]), alone, threads: 1)
            #expect(output == Array(together[token * 48..<(token + 1) * 48]))
        }
    }

    /// Most tokens to expert 0, so that loads are uneven.
    private func randomDecision(
        _ tokens: Int, _ count: Int, _ perToken: Int, using random: inout SplitMix64
    ) -> RoutingDecision {
        var decision = RoutingDecision(expertCount: count, expertsPerToken: perToken)
        for _ in 0..<tokens {
            var order = Array(0..<count)
            if Bool.random(using: &random) { order.shuffle(using: &random) }
            let weights = (0..<perToken).map { _ in Float.random(in: 0...1, using: &random) }
            decision.append(experts: Array(order.prefix(perToken)), weights: weights)
        }
        return decision
    }

    private func run(_ model: RandomExperts, _ input: [Float], _ decision: RoutingDecision, threads: Int) -> [Float] {
        let workspace = ExpertWorkspace(
            slots: decision.experts.count, hiddenSize: model.hidden, width: model.width)
        let executor = GroupedExperts(
            weights: model.weights, pool: ComputePool(threads: threads), workspace: workspace)
        var output = [Float](repeating: .nan, count: input.count)
        input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                guard let from = input.baseAddress, let to = output.baseAddress else { return }
                executor.run(hidden: from, decision: decision, output: to)
            }
        }
        return output
    }
}
