/// Fills the empty slots of one layer so that as little as possible changes of what the plan says.
///
/// A slot gets an expert that its device alone holds, once more: loads and bytes stay as they are. Where the device has
/// none, it gets one of another device of its node, so that tokens visit the same nodes; else any that it lacks.
struct SlotFilling {
    private(set) var devices: [[Int]]
    private let devicesPerNode: Int
    /// Devices of the copies of each expert.
    private var holders: [[Int]]

    init(_ layout: ExpertLayout, experts: Int, devicesPerNode: Int) {
        devices = layout.devices
        self.devicesPerNode = devicesPerNode
        holders = [[Int]](repeating: [], count: experts)
        for (device, held) in devices.enumerated() {
            for expert in held { holders[expert].append(device) }
        }
    }

    /// Gives every device `width` experts.
    mutating func fill(to width: Int) {
        for device in devices.indices {
            while devices[device].count < width {
                let chosen = holders.indices.min { effect($0, on: device) < effect($1, on: device) } ?? 0
                devices[device].append(chosen)
                holders[chosen].append(device)
            }
        }
    }

    /// How much another copy of the expert on the device would change: kind of change, then copies there are.
    private func effect(_ expert: Int, on device: Int) -> (Int, Int) {
        let held = holders[expert]
        let node = device / devicesPerNode
        let kind =
            held.allSatisfy { $0 == device }
            ? 0 : held.contains(device) ? 3 : held.allSatisfy { $0 / devicesPerNode == node } ? 1 : 2
        return (kind, held.count)
    }
}
