/// EPLB's placement made fit for a plan: no device holds an expert twice.
enum EPLBPlan {
    static func devices(_ loads: [Double], _ room: LayerProblem.Room) -> [[Int]] {
        let shape = EPLB.Shape(copies: room.copies, nodes: room.nodes, devices: room.devices)
        return withoutTwins(EPLB.place(loads, shape), loads: loads)
    }

    /// Exchanges second copies on a device with copies of other devices that weigh about the same.
    static func withoutTwins(_ devices: [[Int]], loads: [Double]) -> [[Int]] {
        var devices = devices
        var counts = [Int](repeating: 0, count: loads.count)
        for expert in devices.joined() { counts[expert] += 1 }
        let weights = zip(loads, counts).map { $0 / Double(max(1, $1)) }
        for device in devices.indices {
            for slot in devices[device].indices {
                let expert = devices[device][slot]
                guard devices[device][..<slot].contains(expert) else { continue }
                guard let other = partner(devices, device, expert, weights) else { continue }
                devices[device][slot] = devices[other.device][other.slot]
                devices[other.device][other.slot] = expert
            }
        }
        return devices
    }

    /// The copy, of those that can change places with a copy of `expert` on `device`, that weighs most alike.
    private static func partner(
        _ devices: [[Int]], _ device: Int, _ expert: Int, _ weights: [Double]
    ) -> (device: Int, slot: Int)? {
        var best: (device: Int, slot: Int, difference: Double)?
        for other in devices.indices where other != device && !devices[other].contains(expert) {
            for (slot, candidate) in devices[other].enumerated() where !devices[device].contains(candidate) {
                let difference = abs(weights[candidate] - weights[expert])
                if difference < best?.difference ?? .infinity { best = (other, slot, difference) }
            }
        }
        return best.map { ($0.device, $0.slot) }
    }
}
