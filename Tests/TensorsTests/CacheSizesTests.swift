import Foundation
import Tensors
import Testing

@Suite struct CacheSizesTests {
    /// A folder as Linux has it, of caches with level, type, size and who shares them.
    private func sizes(_ caches: [(level: String, type: String, size: String, shared: String)]) throws -> CacheSizes? {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("caches-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (index, cache) in caches.enumerated() {
            let own = folder.appendingPathComponent("index\(index)")
            try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
            let lines = [
                ("level", cache.level), ("type", cache.type), ("size", cache.size), ("shared_cpu_list", cache.shared),
            ]
            for (name, line) in lines {
                try (line + "\n").write(to: own.appendingPathComponent(name), atomically: true, encoding: .utf8)
            }
        }
        return CacheSizes(folder: folder.path)
    }

    @Test func sharedCachesAreDividedAndInstructionsDoNotCount() throws {
        let sizes = try #require(
            try sizes([
                ("1", "Data", "48K", "0,8"), ("1", "Instruction", "64K", "0,8"), ("2", "Unified", "2M", "0,8"),
                ("3", "Unified", "98304K", "0-15"),
            ]))
        #expect(sizes.level1Data == 24 << 10 && sizes.level2 == 1 << 20 && sizes.largest == 96 << 20)
    }

    @Test func aMachineWithoutAThirdLevel() throws {
        let sizes = try #require(try sizes([("1", "Data", "32K", "3"), ("2", "Unified", "1048576", "0-3")]))
        #expect(sizes.level1Data == 32 << 10 && sizes.level2 == 256 << 10 && sizes.largest == 1 << 20)
    }

    @Test(arguments: ["", "0K", "-32K", "K", "32X", "99999999999M", "32 K"])
    func sizesThatMakeNoSenseAreNotBelieved(size: String) throws {
        #expect(try sizes([("1", "Data", size, "0"), ("2", "Unified", "1M", "0")]) == nil)
        #expect(try sizes([("1", "Data", "32K", "0"), ("2", "Unified", size, "0")]) == nil)
    }

    @Test func aFolderThatIsNotThereTellsNothing() {
        #expect(CacheSizes(folder: "/nowhere") == nil)
        #expect(CacheSizes.ofThisMachine.level2 > 0)
    }
}
