/// Which copies compute an expert's assignments, for every home node: a copy on the home node where there is one, else
/// any; split evenly among those.
struct CopyChoice {
    /// A share of an expert's assignments that one place gets.
    struct Share {
        /// Node or device.
        let place: Int32
        let share: Float
    }

    let nodes: Int
    let experts: Int
    /// `[experts]`: devices that hold a copy, ascending.
    private let holders: [[Int32]]
    private let devicesPerNode: Int
    /// `[nodes * experts]`: the shares of other nodes; empty where the home node computes.
    private(set) var remote: [[Share]] = []

    init(layout: ExpertLayout, nodes: Int, devicesPerNode: Int, experts: Int) {
        var holders = [[Int32]](repeating: [], count: experts)
        for (device, held) in layout.devices.enumerated() {
            for expert in held { holders[expert].append(Int32(device)) }
        }
        self.nodes = nodes
        self.experts = experts
        self.holders = holders
        self.devicesPerNode = devicesPerNode
        remote = (0..<nodes * experts).map { remoteShares(home: $0 / experts, expert: $0 % experts) }
    }

    /// The devices that compute `expert` for tokens of `home`; each gets the same share.
    func devices(home: Int, expert: Int) -> [Int32] {
        let local = holders[expert].filter { Int($0) / devicesPerNode == home }
        return local.isEmpty ? holders[expert] : local
    }

    private func remoteShares(home: Int, expert: Int) -> [Share] {
        let devices = devices(home: home, expert: expert)
        guard let first = devices.first, Int(first) / devicesPerNode != home else { return [] }
        var counts: [Int32: Int] = [:]
        for device in devices { counts[device / Int32(devicesPerNode), default: 0] += 1 }
        return counts.sorted { $0.key < $1.key }
            .map { Share(place: $0.key, share: Float($0.value) / Float(devices.count)) }
    }
}
