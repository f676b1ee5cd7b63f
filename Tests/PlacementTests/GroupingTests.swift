import Activations
import Placement
import Testing

@Suite struct GroupingTests {
    private static let shape = TraceShape(blocks: [0], expertCount: 4, topK: 1)

    @Test func `a label says what its parts and words say`() {
        #expect(
            LabelFeatures.features(of: "MMLU_test/high_school") == [
                "==mmlu_test/high_school", "=mmlu_test", "=high_school", "mmlu", "test", "high", "school",
            ])
    }

    @Test func `what is known decides the node`() {
        let model = GroupingModel(
            prices: [0, 0.1], cold: [1, 1], labels: ["==law": [1, 0], "law": [0.5, 0]],
            signatures: .init(savings: [[1, 0, 0, 0], [0, 0, 0, 1]], mean: [0.5, 0.5], weight: 1, labelWeight: 0),
            band: 9)
        var assigner = GroupAssigner(model: model, nodes: 2)
        let send = { (label: String?, ids: [UInt16]) in
            assigner.assign(.init(label: label, experts: ids[...]), shape: Self.shape)
        }
        #expect(send(nil, []) == .init(node: 0, basis: .nothing))
        #expect(send("law", []) == .init(node: 1, basis: .label))
        #expect(send("civil law", []) == .init(node: 1, basis: .words))
        #expect(send("law", [0, 0]) == .init(node: 0, basis: .activations))
        #expect(send(nil, [3]) == .init(node: 1, basis: .activations))
    }

    @Test func `no node is filled beyond its band`() {
        let model = GroupingModel(prices: [0, 0, 0], cold: [0, 1, 2], band: 0.2)
        var assigner = GroupAssigner(model: model, nodes: 3)
        for _ in 0..<300 { _ = assigner.assign(.init(), shape: Self.shape) }
        #expect(assigner.loads[0] <= 121 && assigner.loads[0] > assigner.loads[2])
        assigner.release(assigner.loads[0], from: 0)
        #expect(assigner.assign(.init(), shape: Self.shape).node == 0)
    }

    @Test func `without a model requests take turns`() {
        var assigner = GroupAssigner(model: nil, nodes: 3)
        #expect((0..<4).map { _ in assigner.assign(.init(label: "x"), shape: Self.shape).node } == [0, 1, 2, 0])
    }
}
