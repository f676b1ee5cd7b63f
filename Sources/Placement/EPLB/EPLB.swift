/// The placement heuristic published as EPLB (DeepSeek, 2025), from its description.
///
/// It equalises the devices' loads and knows nothing of tokens or bytes. Replication: again and again, the expert with
/// the highest load per copy gets one more. Packing: see `BalancedPacking`. Where groups of experts divide evenly among
/// the nodes it works from the outside in (groups to nodes, copies within a node, copies to its devices), so that
/// group-limited routing stays within few nodes; otherwise over all devices at once.
public enum EPLB {
    public struct Shape: Sendable {
        public var copies: Int
        public var groups: Int
        public var nodes: Int
        public var devices: Int

        /// - Parameters:
        ///   - copies: slots to fill in a layer, at least one an expert.
        ///   - groups: groups of experts that routing is limited to; 1 where there are none.
        public init(copies: Int, groups: Int = 1, nodes: Int, devices: Int) {
            self.copies = copies
            self.groups = groups
            self.nodes = nodes
            self.devices = devices
        }
    }

    /// Places one layer.
    ///
    /// The published algorithm needs copies that divide by devices; here the last places may stay empty.
    /// - Parameter loads: assignments of each expert, `[experts]`.
    /// - Returns: experts of each device in slot order. A device can get an expert twice, as published; see
    ///   `withoutTwins`.
    public static func place(_ loads: [Double], _ shape: Shape) -> [[Int]] {
        precondition(shape.copies >= loads.count && shape.devices % shape.nodes == 0)
        let divides =
            shape.groups % shape.nodes == 0 && loads.count % shape.groups == 0 && shape.copies % shape.nodes == 0
            && shape.copies >= loads.count
        return divides ? hierarchical(loads, shape) : global(loads, copies: shape.copies, devices: shape.devices)
    }

    /// Copies of each expert so that the highest load per copy is least.
    ///
    /// - Parameter most: copies of one expert at most; there must be room for all.
    /// - Returns: the expert of each copy: first one of each, then the additional ones in the order they were given.
    public static func replicate(_ loads: [Double], copies: Int, most: Int = .max) -> [Int] {
        precondition(copies / max(1, loads.count) <= most)
        var counts = [Int](repeating: 1, count: loads.count)
        var experts = Array(loads.indices)
        while experts.count < copies {
            var hottest = -1
            for expert in loads.indices where counts[expert] < most {
                if hottest < 0 || loads[expert] / Double(counts[expert]) > loads[hottest] / Double(counts[hottest]) {
                    hottest = expert
                }
            }
            counts[hottest] += 1
            experts.append(hottest)
        }
        return experts
    }

    private static func global(_ loads: [Double], copies: Int, devices: Int) -> [[Int]] {
        // More copies than devices would put two on one.
        let experts = replicate(loads, copies: copies, most: devices)
        var counts = [Int](repeating: 0, count: loads.count)
        for expert in experts { counts[expert] += 1 }
        let places = (copies + devices - 1) / devices
        let packing = BalancedPacking.pack(
            experts.map { loads[$0] / Double(counts[$0]) }, packs: devices, places: places)
        return gather(experts, packing, devices)
    }

    private static func hierarchical(_ loads: [Double], _ shape: Shape) -> [[Int]] {
        let size = loads.count / shape.groups
        let groupLoads = (0..<shape.groups).map { loads[$0 * size..<($0 + 1) * size].reduce(0, +) }
        let nodeOfGroup = BalancedPacking.pack(groupLoads, packs: shape.nodes, places: shape.groups / shape.nodes)
        return (0..<shape.nodes).flatMap { node in
            // Groups in the order of their places, as published: it decides between equal loads.
            let groups = (0..<shape.groups).filter { nodeOfGroup.pack[$0] == node }
                .sorted { nodeOfGroup.place[$0] < nodeOfGroup.place[$1] }
            let experts = groups.flatMap { $0 * size..<($0 + 1) * size }
            let devices = global(
                experts.map { loads[$0] }, copies: shape.copies / shape.nodes, devices: shape.devices / shape.nodes)
            return devices.map { $0.map { experts[$0] } }
        }
    }

    /// Experts of each device in the order in which they were packed.
    private static func gather(
        _ experts: [Int], _ packing: (pack: [Int], place: [Int]), _ devices: Int
    ) -> [[Int]] {
        var result = [[Int]](repeating: [], count: devices)
        for copy in experts.indices.sorted(by: { (packing.place[$0], $0) < (packing.place[$1], $1) }) {
            result[packing.pack[copy]].append(experts[copy])
        }
        return result
    }
}
