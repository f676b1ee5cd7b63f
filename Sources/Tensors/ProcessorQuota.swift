/// How many processors' time a process may use: containers are often given a share of a machine whose processors they all
/// see. More threads than that would only stop each other.
public enum ProcessorQuota {
    /// The least quota of the process's control groups, of both versions, in processors; nil where there is none.
    ///
    /// - Parameters:
    ///   - groups: the file in which the system names the groups of a process.
    ///   - root: where the groups' folders are. In a container the named folder may not be there, but those above it are.
    public static func processors(groups: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup") -> Double? {
        let quotas = (SystemFile.lines(groups) ?? []).flatMap { line -> [Double] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { return [] }
            if parts[1].isEmpty { return folders(root, parts[2]).compactMap(unifiedQuota) }
            guard parts[1].split(separator: ",").contains("cpu") else { return [] }
            return folders("\(root)/\(parts[1])", parts[2]).compactMap(separateQuota)
        }
        return quotas.min()
    }

    /// The folder of a group and those above it.
    private static func folders(_ root: String, _ group: String) -> [String] {
        group.split(separator: "/").reduce(into: [root]) { folders, name in
            folders.append("\(folders.last ?? root)/\(name)")
        }
    }

    /// Version 2: `200000 100000`, microseconds of each period; or `max 100000`.
    private static func unifiedQuota(_ folder: String) -> Double? {
        let numbers = SystemFile.firstLine("\(folder)/cpu.max")?.split(separator: " ") ?? []
        return numbers.count == 2 ? quotient(numbers[0], numbers[1]) : nil
    }

    /// Version 1: a file for each; -1 is no quota.
    private static func separateQuota(_ folder: String) -> Double? {
        guard let quota = SystemFile.firstLine("\(folder)/cpu.cfs_quota_us"),
            let period = SystemFile.firstLine("\(folder)/cpu.cfs_period_us")
        else { return nil }
        return quotient(quota, period)
    }

    private static func quotient(_ quota: some StringProtocol, _ period: some StringProtocol) -> Double? {
        guard let quota = Int(quota), let period = Int(period), quota > 0, period > 0 else { return nil }
        return Double(quota) / Double(period)
    }
}
