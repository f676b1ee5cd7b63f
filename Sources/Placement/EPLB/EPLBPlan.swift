/// EPLB's placement made fit for a plan: no device holds an expert twice.
enum EPLBPlan {
    static func devices(_ loads: [Double], _ room: LayerProblem.Room) -> [[Int]] {
        withoutTwins(EPLB.place(loads, EPLB.Shape(copies: room.copies, nodes: room.nodes, devices: room.devices)))
    }

    /// Swaps second copies on a device with copies of other devices until no device has an expert twice.
    static func withoutTwins(_ devices: [[Int]]) -> [[Int]] {
        var devices = devices
        for device in devices.indices {
            for slot in devices[device].indices {
                let expert = devices[device][slot]
                guard devices[device][..<slot].contains(expert) else { continue }
                exchange(&devices, device, slot)
            }
        }
        return devices
    }

    private static func exchange(_ devices: inout [[Int]], _ device: Int, _ slot: Int) {
        let expert = devices[device][slot]
        for offset in 1..<max(1, devices.count) {
            let other = (device + offset) % devices.count
            guard !devices[other].contains(expert) else { continue }
            if let place = devices[other].indices.last(where: { !devices[device].contains(devices[other][$0]) }) {
                devices[device][slot] = devices[other][place]
                devices[other][place] = expert
                return
            }
        }
    }
}
