/// What a thread has of the processor's caches, in bytes: of a cache that several processors share, an even part.
public struct CacheSizes: Sendable, Equatable {
    public var level1Data: Int
    public var level2: Int
    /// The whole of the largest cache: what a measurement of memory has to exceed.
    public var largest: Int

    /// Moderate sizes, for systems that do not tell.
    public static let assumed = CacheSizes(level1Data: 32 << 10, level2: 512 << 10, largest: 32 << 20)

    /// Those of the first processor that this process may use.
    public static let ofThisMachine =
        CacheSizes(folder: "/sys/devices/system/cpu/cpu\(ProcessorList.allowed.numbers.first ?? 0)/cache") ?? assumed

    init(level1Data: Int, level2: Int, largest: Int) {
        self.level1Data = level1Data
        self.level2 = level2
        self.largest = largest
    }

    /// Reads what Linux says of the caches of a processor: a folder `index0`, `index1`, … for each cache. Nil unless a
    /// first-level data cache and a second level are among them.
    public init?(folder: String) {
        var sizes = CacheSizes(level1Data: 0, level2: 0, largest: 0)
        for index in 0..<16 {
            guard let cache = Cache(folder: "\(folder)/index\(index)") else { break }
            sizes.largest = max(sizes.largest, cache.bytes)
            switch (cache.level, cache.type) {
            case (1, "Data"), (1, "Unified"): sizes.level1Data = cache.bytes / cache.sharers
            case (2, "Data"), (2, "Unified"): sizes.level2 = cache.bytes / cache.sharers
            default: break
            }
        }
        guard sizes.level1Data > 0, sizes.level2 > 0 else { return nil }
        self = sizes
    }
}

/// One cache as Linux describes it.
private struct Cache {
    let level: Int
    let type: String
    let bytes: Int
    let sharers: Int

    /// The largest cache that is believed.
    private static let largest = 16 << 30

    init?(folder: String) {
        guard let level = SystemFile.firstLine("\(folder)/level").flatMap({ Int($0) }),
            let type = SystemFile.firstLine("\(folder)/type"),
            let bytes = SystemFile.firstLine("\(folder)/size").flatMap(Self.bytes)
        else { return nil }
        self.level = level
        self.type = type
        self.bytes = bytes
        let sharers = SystemFile.firstLine("\(folder)/shared_cpu_list").flatMap { try? ProcessorList(parsing: $0) }
        self.sharers = max(sharers?.numbers.count ?? 1, 1)
    }

    /// `1024K`, `2M` or a number of bytes.
    private static func bytes(_ text: String) -> Int? {
        let shift = text.hasSuffix("K") ? 10 : text.hasSuffix("M") ? 20 : 0
        guard let number = Int(shift == 0 ? text[...] : text.dropLast()), number > 0, number <= largest >> shift else {
            return nil
        }
        return number << shift
    }
}
