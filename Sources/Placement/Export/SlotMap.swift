/// A plan as other engines say it: every device has the same number of slots in every layer, and a layer is the list
/// of all slots in order of devices.
struct SlotMap {
    let devices: Int
    let slotsPerDevice: Int
    let experts: Int
    /// `slots[i]`: logical expert of each slot of `blocks[i]`, device by device.
    let slots: [[Int]]
    /// Transformer block of each layer, ascending.
    let blocks: [Int]

    var slotCount: Int { devices * slotsPerDevice }

    /// - Throws: ``PlacementError`` naming the layer and device where slots are unequal.
    init(_ plan: PlacementPlan, format: String) throws(PlacementError) {
        let layers = plan.layers.sorted { $0.block < $1.block }
        let width = layers.first?.devices.first?.count ?? 0
        for layer in layers {
            for (device, held) in layer.devices.enumerated() where held.count != width {
                throw PlacementError(
                    item: "layer \(layer.block), device \(device)",
                    reason:
                        "has \(held.count) experts and the first device \(width): \(format) needs the same number on every "
                        + "device in every layer")
            }
        }
        devices = plan.deviceCount
        slotsPerDevice = width
        experts = plan.expertCount
        slots = layers.map { $0.devices.flatMap { $0 } }
        blocks = layers.map(\.block)
    }
}
