import Foundation

/// Plans in the file formats of other engines.
public enum PlanExport: String, Sendable, CaseIterable {
    /// SGLang's `--init-expert-location FILE.json`.
    case sglang
    /// vLLM-Ascend's `eplb_config.expert_map_path`.
    case vllmAscend = "vllm-ascend"
    /// TensorRT-LLM's `moe_config.load_balancer` YAML.
    case tensorRTLLM = "tensorrt-llm"
    /// This program's own plan.
    case guildhall

    public struct Options: Sendable, Equatable {
        /// Transformer blocks of the model, dense ones included; nil: up to the last one of the plan. SGLang only.
        public var layers: Int?
        /// Layers that TensorRT-LLM may re-balance per iteration; 0 keeps the plan as it is.
        public var layerUpdatesPerIteration = 0

        public init(layers: Int? = nil, layerUpdatesPerIteration: Int = 0) {
            self.layers = layers
            self.layerUpdatesPerIteration = layerUpdatesPerIteration
        }
    }

    /// Whether devices may hold different numbers of experts. Else every slot of every device must have one, and the
    /// file says further copies where the plan has none (`PlacementPlan.emptySlots` of them).
    public var allowsEmptySlots: Bool { self == .guildhall }

    /// The file.
    ///
    /// - Throws: ``PlacementError`` if the options do not fit the plan.
    public func data(_ plan: PlacementPlan, options: Options = Options()) throws(PlacementError) -> Data {
        switch self {
        case .sglang: try Self.sglang(plan, layers: options.layers)
        case .vllmAscend: try Self.vllmAscend(SlotMap(plan))
        case .tensorRTLLM: try Self.tensorRTLLM(plan, updates: options.layerUpdatesPerIteration)
        case .guildhall: try plan.json()
        }
    }
}

// MARK: - SGLang

extension PlanExport {
    /// `{"physical_to_logical_map": [[…]]}`, `[layers, slots]`. The key stands alone: the reader passes all keys on as
    /// arguments. Dense blocks have a row, too, which is never used: experts in order, begun anew for the copies.
    private static func sglang(_ plan: PlacementPlan, layers: Int?) throws(PlacementError) -> Data {
        let map = SlotMap(plan)
        let count = layers ?? (map.blocks.last ?? 0) + 1
        guard let last = map.blocks.last, last < count, count <= 4096 else {
            throw PlacementError(
                item: "layer \(map.blocks.last ?? 0)", reason: "does not fit a model of \(count) layers")
        }
        var rows = [[Int]](repeating: (0..<map.slotCount).map { $0 % map.experts }, count: count)
        for (block, slots) in zip(map.blocks, map.slots) { rows[block] = slots }
        let text = rows.map { "[" + $0.map(String.init).joined(separator: ",") + "]" }.joined(separator: ",\n  ")
        return Data("{\"physical_to_logical_map\": [\n  \(text)\n]}\n".utf8)
    }
}

// MARK: - vLLM-Ascend

extension PlanExport {
    private struct AscendMap: Encodable {
        struct Layer: Encodable {
            let layer_id: Int
            let device_count: Int
            let device_list: [Device]
        }

        struct Device: Encodable {
            let device_id: Int
            let device_expert: [Int]
        }

        let moe_layer_count: Int
        let layer_list: [Layer]
    }

    /// `layer_id` counts the MoE layers, from 0.
    private static func vllmAscend(_ map: SlotMap) throws(PlacementError) -> Data {
        let layers = map.slots.enumerated().map { index, slots in
            AscendMap.Layer(
                layer_id: index, device_count: map.devices,
                device_list: (0..<map.devices).map { device in
                    let first = device * map.slotsPerDevice
                    return AscendMap.Device(
                        device_id: device, device_expert: Array(slots[first..<first + map.slotsPerDevice]))
                })
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return try encoder.encode(AscendMap(moe_layer_count: layers.count, layer_list: layers)) + Data("\n".utf8)
        } catch { throw PlacementError(reason: "cannot be written: \(error)") }
    }
}

// MARK: - TensorRT-LLM

extension PlanExport {
    /// Keys are the blocks' real numbers. The reader refuses keys that it does not know.
    private static func tensorRTLLM(_ plan: PlacementPlan, updates: Int) throws(PlacementError) -> Data {
        let map = SlotMap(plan)
        guard updates >= 0 else { throw PlacementError(reason: "layer updates per iteration must be 0 or more") }
        var text = "num_slots: \(map.slotCount)\ninitial_global_assignments:\n"
        for (block, slots) in zip(map.blocks, map.slots) {
            text += "  \(block): [" + slots.map(String.init).joined(separator: ", ") + "]\n"
        }
        text += "layer_updates_per_iter: \(updates)\n"
        return Data(text.utf8)
    }
}
