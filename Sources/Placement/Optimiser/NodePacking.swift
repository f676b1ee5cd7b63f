/// Distributes the copies on a node to its devices so that the busiest device has little to do.
struct NodePacking {
    /// A copy of an expert and the load it carries.
    struct Copy {
        let expert: Int
        let load: FoldLoads
        /// What it adds to its device's fingerprint; see `TrustedDevices`.
        var mark: UInt64 = 0
    }

    /// Experts of each device and their loads together.
    private(set) var devices: [[Int]]
    private(set) var loads: [FoldLoads]
    private let slots: Int

    /// Heaviest first, each to the lightest device that has room and not that expert.
    ///
    /// - Parameter trusted: devices that are not of these count as loaded more.
    /// - Returns: nil where a copy has no such device.
    init?(_ copies: [Copy], devices count: Int, slots: Int, trusted: TrustedDevices? = nil) {
        self.slots = slots
        devices = [[Int]](repeating: [], count: count)
        loads = [FoldLoads](repeating: .zero, count: count)
        var fingerprints = [UInt64](repeating: 0, count: count)
        var sums = [Float](repeating: 0, count: count)
        let keyed = copies.map { ($0, $0.load.sum()) }
        for (copy, load) in keyed.sorted(by: { ($1.1, $0.0.expert) < ($0.1, $1.0.expert) }) {
            var lightest = -1
            for device in 0..<count
            where devices[device].count < slots && (lightest < 0 || sums[device] < sums[lightest]) {
                if !devices[device].contains(copy.expert) { lightest = device }
            }
            guard lightest >= 0 else { return nil }
            devices[lightest].append(copy.expert)
            loads[lightest] += copy.load
            sums[lightest] += load
            fingerprints[lightest] &+= copy.mark
        }
        guard let trusted else { return }
        for device in loads.indices where !trusted.contains(fingerprints[device]) { loads[device] *= trusted.slip }
    }

    /// The busiest device, fold by fold.
    var peak: FoldLoads { loads.reduce(.zero) { $0.larger($1) } }
}
