import Foundation
import Placement
import Testing

@Suite struct PlanExportTests {
    /// Blocks 1 and 3 of a model whose others are dense: two nodes of one device, three slots for four experts.
    private func plan(_ third: [[Int]] = [[2, 0, 1], [3, 1, 0]]) throws -> PlacementPlan {
        try PlacementPlan(
            nodes: 2, devicesPerNode: 1,
            layers: [
                ExpertLayout(block: 3, devices: third), ExpertLayout(block: 1, devices: [[0, 1, 2], [3, 2, 1]]),
            ])
    }

    private func json(_ format: PlanExport, _ plan: PlacementPlan, layers: Int? = nil) throws -> NSDictionary {
        let data = try format.data(plan, options: PlanExport.Options(layers: layers))
        return try #require(JSONSerialization.jsonObject(with: data) as? NSDictionary)
    }

    @Test func `SGLang: the map alone, a row for every block`() throws {
        let map = try json(.sglang, plan())
        #expect(
            map == [
                "physical_to_logical_map": [
                    [0, 1, 2, 3, 0, 1], [0, 1, 2, 3, 2, 1], [0, 1, 2, 3, 0, 1], [2, 0, 1, 3, 1, 0],
                ]
            ])
        let longer = try json(.sglang, plan(), layers: 5)["physical_to_logical_map"] as? [[Int]]
        #expect(longer?.count == 5)
        #expect(throws: PlacementError.self) { try json(.sglang, plan(), layers: 3) }
    }

    @Test func `vLLM-Ascend: layers are counted among the MoE layers`() throws {
        let map = try json(.vllmAscend, plan())
        let expected: NSDictionary = [
            "moe_layer_count": 2,
            "layer_list": [
                [
                    "layer_id": 0, "device_count": 2,
                    "device_list": [
                        ["device_id": 0, "device_expert": [0, 1, 2]], ["device_id": 1, "device_expert": [3, 2, 1]],
                    ],
                ],
                [
                    "layer_id": 1, "device_count": 2,
                    "device_list": [
                        ["device_id": 0, "device_expert": [2, 0, 1]], ["device_id": 1, "device_expert": [3, 1, 0]],
                    ],
                ],
            ],
        ]
        #expect(map == expected)
    }

    @Test func `TensorRT-LLM: blocks by their own numbers, no other keys`() throws {
        let options = PlanExport.Options(layerUpdatesPerIteration: 2)
        let text = String(decoding: try PlanExport.tensorRTLLM.data(plan(), options: options), as: UTF8.self)
        #expect(
            text == """
                num_slots: 6
                initial_global_assignments:
                  1: [0, 1, 2, 3, 2, 1]
                  3: [2, 0, 1, 3, 1, 0]
                layer_updates_per_iter: 2

                """)
        #expect(throws: PlacementError.self) {
            try PlanExport.tensorRTLLM.data(plan(), options: PlanExport.Options(layerUpdatesPerIteration: -1))
        }
    }

    @Test func `its own format comes back as it was`() throws {
        let plan = try plan()
        #expect(try PlacementPlan(json: PlanExport.guildhall.data(plan), source: "p") == plan)
    }

    /// A device with room to spare repeats an expert that nobody else has; an empty one takes from its node.
    @Test func `empty slots get copies that change no node's work`() throws {
        let plan = try PlacementPlan(
            nodes: 2, devicesPerNode: 2,
            layers: [
                ExpertLayout(block: 0, devices: [[0, 1], [4], [2, 3], []]),
                ExpertLayout(block: 1, devices: [[0, 1], [1], [4, 3], [2, 3]]),
            ])
        #expect(plan.emptySlots == 4)
        let map = try json(.sglang, plan)
        #expect(
            map == ["physical_to_logical_map": [[0, 1, 4, 4, 2, 3, 2, 3], [0, 1, 1, 0, 4, 3, 2, 3]]])
        let text = String(decoding: try PlanExport.tensorRTLLM.data(plan), as: UTF8.self)
        #expect(text.hasPrefix("num_slots: 8\n") && text.contains("  1: [0, 1, 1, 0, 4, 3, 2, 3]\n"))
        let layers = try #require(try json(.vllmAscend, plan)["layer_list"] as? [NSDictionary])
        let devices = try #require(layers.first?["device_list"] as? [NSDictionary])
        #expect(devices.map { $0["device_expert"] as? [Int] } == [[0, 1], [4, 4], [2, 3], [2, 3]])
        #expect(try PlacementPlan(json: PlanExport.guildhall.data(plan), source: "p") == plan)
    }

    @Test func `layers of different widths are filled to the widest`() throws {
        let plan = try plan([[2, 0], [3, 1]])
        #expect(plan.emptySlots == 2)
        let map = try json(.sglang, plan)["physical_to_logical_map"] as? [[Int]]
        #expect(map?[3] == [2, 0, 0, 3, 1, 1])
        #expect(try self.plan().emptySlots == 0)
    }
}
