import Activations

/// Where the experts are at a moment of a simulation: a plan, less what was lost, and what is being read in again.
struct LivePlacement: Sendable {
    private(set) var plan: PlacementPlan
    /// By layer of the trace.
    private(set) var copies: [CopyTable]
    private(set) var lostNodes: Set<Int> = []
    private(set) var lostDevices: Set<Int> = []
    private let shape: TraceShape
    /// By layer of the trace: what each device holds, with what was put there after a loss.
    private var layouts: [ExpertLayout]
    /// Experts that come back when the clock reaches the time: layer, expert, device.
    private var reloads: [(due: Double, layer: Int, expert: Int, device: Int)] = []

    /// - Parameter plan: has a layer for every block of `shape`, which `Simulation` has checked.
    init(plan: PlacementPlan, shape: TraceShape, without lost: Set<Int> = []) {
        self.plan = plan
        self.shape = shape
        let byBlock = Dictionary(uniqueKeysWithValues: plan.layers.map { ($0.block, $0) })
        layouts = shape.blocks.compactMap { byBlock[$0] }
        lostNodes = lost
        lostDevices = Self.devices(of: lost, plan)
        copies = []
        copies = layouts.map(table)
    }

    private static func devices(of nodes: Set<Int>, _ plan: PlacementPlan) -> Set<Int> {
        Set(nodes.flatMap { $0 * plan.devicesPerNode..<($0 + 1) * plan.devicesPerNode })
    }

    private func table(_ layout: ExpertLayout) -> CopyTable {
        CopyTable(layout: layout, experts: plan.expertCount, without: lostDevices)
    }
}

// MARK: - Loss of a node

extension LivePlacement {
    /// A node is gone. Experts that no other device holds are read from disk by the devices that have fewest; until
    /// that is done their assignments are lost.
    ///
    /// - Returns: how many (layer, expert) have to be read, and how long the busiest node takes.
    mutating func lose(_ node: Int, cost: CostModel, at clock: Double) -> (experts: Int, seconds: Double) {
        lostNodes.insert(node)
        lostDevices = Self.devices(of: lostNodes, plan)
        copies = layouts.map(table)
        reloads.removeAll { lostDevices.contains($0.device) }
        let pending = Set(reloads.map { [$0.layer, $0.expert] })
        var perNode = [Int](repeating: 0, count: plan.nodes)
        var chosen: [(layer: Int, expert: Int, device: Int)] = []
        for (layer, table) in copies.enumerated() {
            var held = layouts[layer].devices.map(\.count)
            for expert in table.missing where !pending.contains([layer, expert]) {
                let device = held.indices.filter { !lostDevices.contains($0) }
                    .min {
                        (held[$0], perNode[$0 / plan.devicesPerNode], $0) < (
                            held[$1], perNode[$1 / plan.devicesPerNode], $1
                        )
                    }
                guard let device else { continue }
                held[device] += 1
                perNode[device / plan.devicesPerNode] += 1
                chosen.append((layer, expert, device))
            }
        }
        let seconds = Double(perNode.max() ?? 0) * cost.model.expertBytes / cost.topology.storageBandwidth
        reloads += chosen.map { (due: clock + seconds, layer: $0.layer, expert: $0.expert, device: $0.device) }
        return (chosen.count, seconds)
    }

    /// Experts whose reading is done by now serve again.
    mutating func finishReload(at clock: Double) {
        let done = reloads.filter { $0.due <= clock }
        guard !done.isEmpty else { return }
        reloads.removeAll { $0.due <= clock }
        for layer in Set(done.map(\.layer)) {
            var devices = layouts[layer].devices
            for entry in done where entry.layer == layer { devices[entry.device].append(entry.expert) }
            layouts[layer] = ExpertLayout(block: layouts[layer].block, devices: devices)
            copies[layer] = table(layouts[layer])
        }
    }
}

// MARK: - Migration

extension LivePlacement {
    /// What it takes to get from here to another placement.
    struct Migration: Equatable {
        /// Copies that a device has to receive.
        var experts = 0
        var bytes = 0.0
        /// Until the busiest device has received its copies; from its own node where one is there.
        var seconds = 0.0
    }

    func migration(to other: LivePlacement, cost: CostModel) -> Migration {
        let topology = cost.topology
        var result = Migration()
        var received = [[Double]](repeating: [0, 0, 0], count: plan.deviceCount)
        for (layer, target) in other.layouts.enumerated() {
            for (device, experts) in target.devices.enumerated() where !lostDevices.contains(device) {
                let present = Set(layouts[layer].devices[device])
                for expert in experts where !present.contains(expert) {
                    let node = topology.node(ofDevice: device)
                    let level = copies[layer].holders(of: expert)
                        .map { topology.level(fromNode: topology.node(ofDevice: Int($0)), toNode: node).rawValue }.min()
                    result.experts += 1
                    result.bytes += cost.model.expertBytes
                    received[device][level ?? Topology.Level.interNode.rawValue] += cost.model.expertBytes
                }
            }
        }
        result.seconds = Self.slowest(received, topology)
        return result
    }

    private static func slowest(_ received: [[Double]], _ topology: Topology) -> Double {
        var slowest = 0.0
        for level in Topology.Level.allCases {
            let link = topology.link(level)
            let group = link.sharing == .device ? 1 : topology.devicesPerNode
            for start in stride(from: 0, to: received.count, by: group) {
                let bytes = received[start..<start + group].reduce(0) { $0 + $1[level.rawValue] }
                slowest = max(slowest, bytes / link.goodput(relayed: false))
            }
        }
        return slowest
    }
}
