import FoundationEssentials

/// What Prometheus client libraries tell about the process itself, read from Linux's `/proc` at each scrape.
/// Where there is no `/proc` the list is empty. See proc_pid_stat(5) and proc_pid_status(5).
public enum ProcessMetrics {
    public static func collect() -> [MetricFamily] {
        let status = read("/proc/self/status")
        let stat = read("/proc/self/stat")
        return [
            gauge("process_resident_memory_bytes", "Resident memory size in bytes.", residentBytes(status: status)),
            gauge(
                "process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
                startSeconds(stat: stat, systemStat: read("/proc/stat"))),
            cpuSeconds(stat: stat).map {
                MetricFamily(
                    name: "process_cpu_seconds_total", help: "Total user and system CPU time spent in seconds.",
                    kind: .counter, samples: [MetricSample(value: $0)])
            },
        ].compactMap { $0 }
    }

    /// The kernel reports times to user space in this unit on every architecture that Swift runs on.
    private static let ticksPerSecond = 100.0

    static func residentBytes(status: String) -> Double? {
        value(of: "VmRSS:", in: status).map { $0 * 1024 }
    }

    static func startSeconds(stat: String, systemStat: String) -> Double? {
        guard let boot = value(of: "btime", in: systemStat), let ticks = field(22, ofStat: stat) else { return nil }
        return boot + ticks / ticksPerSecond
    }

    static func cpuSeconds(stat: String) -> Double? {
        guard let user = field(14, ofStat: stat), let system = field(15, ofStat: stat) else { return nil }
        return (user + system) / ticksPerSecond
    }

    /// Field `number`, counted from 1. The second field is the program's name in parentheses and may hold anything,
    /// so counting begins behind the last parenthesis.
    private static func field(_ number: Int, ofStat stat: String) -> Double? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        let index = number - 3
        return fields.indices.contains(index) ? Double(fields[index]) : nil
    }

    /// The first number in the line that begins with `key`.
    private static func value(of key: String, in text: String) -> Double? {
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        return line?.dropFirst(key.count).split { " \t".contains($0) }.first.flatMap { Double($0) }
    }

    private static func gauge(_ name: String, _ help: String, _ value: Double?) -> MetricFamily? {
        value.map { MetricFamily(name: name, help: help, kind: .gauge, samples: [MetricSample(value: $0)]) }
    }

    private static func read(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
