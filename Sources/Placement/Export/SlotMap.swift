/// A plan as other engines say it: every device has the same number of slots in every layer, and a layer is the list
/// of all slots in order of devices.
///
/// Devices that hold fewer experts than the fullest one get further copies; see ``SlotFilling``.
struct SlotMap {
    let devices: Int
    let slotsPerDevice: Int
    let experts: Int
    /// `slots[i]`: logical expert of each slot of `blocks[i]`, device by device.
    let slots: [[Int]]
    /// Transformer block of each layer, ascending.
    let blocks: [Int]

    var slotCount: Int { devices * slotsPerDevice }

    init(_ plan: PlacementPlan) {
        let layers = plan.layers.sorted { $0.block < $1.block }
        let width = plan.slotsPerDevice
        devices = plan.deviceCount
        slotsPerDevice = width
        experts = plan.expertCount
        slots = layers.map { layout in
            var filling = SlotFilling(layout, experts: plan.expertCount, devicesPerNode: plan.devicesPerNode)
            filling.fill(to: width)
            return filling.devices.flatMap { $0 }
        }
        blocks = layers.map(\.block)
    }
}

extension PlacementPlan {
    /// Slots that stay empty if every device has as many in every layer as the fullest one of all.
    ///
    /// Formats of other engines know no empty slots: exports fill them with further copies.
    public var emptySlots: Int {
        let width = slotsPerDevice
        return layers.reduce(0) { sum, layout in layout.devices.reduce(sum) { $0 + width - $1.count } }
    }
}
