/// Where the copies of one layer's experts are.
public struct CopyTable: Sendable, Equatable {
    /// Copies of expert `e` are `starts[e]..<starts[e + 1]`.
    let starts: [Int32]
    /// Device of each copy, ascending within an expert.
    let devices: [Int32]
    public let deviceCount: Int

    public var expertCount: Int { starts.count - 1 }
    public var copyCount: Int { devices.count }

    /// - Parameters:
    ///   - experts: experts of the layer; ids of `layout` are below it.
    ///   - without: devices that are gone, with what they held.
    public init(layout: ExpertLayout, experts: Int, without lost: Set<Int> = []) {
        var holders = [[Int32]](repeating: [], count: experts)
        for (device, held) in layout.devices.enumerated() where !lost.contains(device) {
            for expert in held { holders[expert].append(Int32(device)) }
        }
        var starts: [Int32] = [0]
        for list in holders { starts.append(starts[starts.count - 1] + Int32(list.count)) }
        self.starts = starts
        devices = holders.flatMap { $0 }
        deviceCount = layout.devices.count
    }

    /// Devices that hold a copy of `expert`, ascending.
    public func holders(of expert: Int) -> ArraySlice<Int32> { devices[Int(starts[expert])..<Int(starts[expert + 1])] }

    /// Experts that no device holds.
    public var missing: [Int] { (0..<expertCount).filter { starts[$0] == starts[$0 + 1] } }

    /// Those of the copies `all` of an expert that are on devices in `range`.
    func copies(_ all: Range<Int>, on range: Range<Int32>) -> Range<Int> {
        let low = lowerBound(range.lowerBound, all.lowerBound, all.upperBound)
        return low..<lowerBound(range.upperBound, low, all.upperBound)
    }

    /// First copy of a range on `device` or a later one. Few copies, the usual case, are looked at in order.
    private func lowerBound(_ device: Int32, _ from: Int, _ end: Int) -> Int {
        var low = from
        var high = end
        while high - low > 8 {
            let middle = (low + high) / 2
            if devices[middle] < device { low = middle + 1 } else { high = middle }
        }
        while low < high, devices[low] < device { low += 1 }
        return low
    }
}
