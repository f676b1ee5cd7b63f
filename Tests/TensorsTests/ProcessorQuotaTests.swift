import Foundation
import Tensors
import Testing

@Suite struct ProcessorQuotaTests {
    /// The quota of a process in `groups`, where files of the control groups hold these texts.
    private func quota(_ groups: String, _ files: [String: String]) throws -> Double? {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("groups-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }
        for (name, text) in files.merging(["membership": groups], uniquingKeysWith: { $1 }) {
            let file = root.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try (text + "\n").write(to: file, atomically: true, encoding: .utf8)
        }
        return ProcessorQuota.processors(groups: root.path + "/membership", root: root.path)
    }

    @Test func theGroupOrOneAboveItHasTheLeast() throws {
        let files = ["cpu.max": "max 100000", "pods/cpu.max": "150000 100000", "pods/one/cpu.max": "400000 100000"]
        #expect(try quota("0::/pods/one", files) == 1.5)
        #expect(try quota("0::/", files) == nil)
        #expect(try quota("0::/pods", ["pods/cpu.max": "50000 100000"]) == 0.5)
    }

    /// In a container the group's own folder is mounted as the root.
    @Test func theNamedFolderMayBeMissing() throws {
        #expect(try quota("0::/kubepods/pod17/abc", ["cpu.max": "200000 100000"]) == 2)
    }

    @Test func theFirstVersionHasFilesOfItsOwn() throws {
        let groups = "4:memory:/a\n1:cpu,cpuacct:/a\n0::/"
        var files = ["cpu,cpuacct/a/cpu.cfs_period_us": "100000", "cpu,cpuacct/a/cpu.cfs_quota_us": "300000"]
        #expect(try quota(groups, files) == 3)
        files["cpu,cpuacct/a/cpu.cfs_quota_us"] = "-1"
        #expect(try quota(groups, files) == nil)
    }

    @Test(arguments: ["", "max", "0 100000", "100000 0", "-5 100000", "x y", "99999999999999999999 1", "1 2 3"])
    func whatMakesNoSenseIsNoQuota(_ text: String) throws {
        #expect(try quota("0::/", ["cpu.max": text]) == nil)
        #expect(try quota(text, ["cpu.max": "100000 100000"]) == nil)
    }

    @Test func aProcessHasAProcessor() {
        #expect(ComputePool.availableProcessors >= 1)
        #expect(ProcessorQuota.processors(groups: "/nowhere") == nil)
    }
}
