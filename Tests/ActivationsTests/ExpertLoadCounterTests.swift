import Activations
import Routing
import Testing

@Suite struct ExpertLoadCounterTests {
    @Test func countsEveryAssignmentOfItsLayer() {
        let counter = ExpertLoadCounter(blocks: [1, 3], expertCount: 4)
        var decision = RoutingDecision(expertCount: 4, expertsPerToken: 2)
        decision.append(experts: [0, 3], weights: [0.6, 0.4])
        decision.append(experts: [3, 1], weights: [0.9, 0.1])
        counter.routed(layer: 1, decision: decision)
        counter.routed(layer: 1, decision: decision)
        let loads = counter.snapshot()
        #expect(loads.layers.map(\.block) == [1, 3])
        #expect(loads.layers[0].tokens == [0, 0, 0, 0])
        #expect(loads.layers[1].tokens == [2, 2, 0, 4])
        #expect(loads.layers[1].shares == [0.25, 0.25, 0, 0.5])
        #expect(loads.layers[0].shares == [0, 0, 0, 0])
    }

    @Test func snapshotsAreSafeWhileItCounts() async {
        let counter = ExpertLoadCounter(blocks: [0], expertCount: 2)
        var decision = RoutingDecision(expertCount: 2, expertsPerToken: 1)
        decision.append(experts: [1], weights: [1])
        let one = decision
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<10_000 { counter.routed(layer: 0, decision: one) } }
            group.addTask {
                var last: UInt64 = 0
                for _ in 0..<1_000 {
                    let now = counter.snapshot().layers[0].tokens[1]
                    #expect(now >= last)
                    last = now
                }
            }
        }
        #expect(counter.snapshot().layers[0].tokens == [0, 10_000])
    }
}
