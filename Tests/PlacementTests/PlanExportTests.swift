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

    @Test(arguments: [PlanExport.sglang, .vllmAscend, .tensorRTLLM])
    func `unequal devices cannot be said`(format: PlanExport) throws {
        let uneven = try plan([[2, 0], [3, 1]])
        let error = try #require(throws: PlacementError.self) { try format.data(uneven) }
        #expect(error.description.contains("layer 3, device 0"), "\(error)")
        #expect(error.description.contains(format.rawValue))
    }
}
