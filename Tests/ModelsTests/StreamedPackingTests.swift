import Checkpoints
import Foundation
import Tensors
import Testing

#if os(Linux)
    /// Packing a mapped file takes the memory of the packed matrices and little more.
    @Suite struct StreamedPackingTests {
        private static let rowBytes = 34 * 64
        private static let rows = 160 << 10

        @Test func theFileIsNeverInMemoryAsAWhole() throws {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())").path
            defer { try? FileManager.default.removeItem(atPath: path) }
            let bytes = Self.rows * Self.rowBytes
            var output = try CheckpointOutput(path: path)
            try output.skip(bytes)
            try output.commit()
            let region = try MappedFile.open(path)
            let matrix = try #require(WeightMatrix(type: .q8_0, rows: Self.rows, columns: 2048, region: region))
            var plan = PackingPlan()
            plan.add(matrix)
            var most = 0, steps = 0
            let stretch = plan.pack(pool: ComputePool(threads: 2)) { _ in
                steps += 1
                if steps.isMultiple(of: 8) { most = max(most, residentBytes(at: region.base)) }
            }
            #expect(stretch.count >= bytes)
            #expect(most > 0, "nothing was measured")
            #expect(most < 256 << 20, "\(most) of \(bytes) bytes of the file were in memory")
            let left = residentBytes(at: region.base)
            // Some of what is read ahead on a busy machine comes back after it was given up.
            #expect(left < bytes / 8, "\(left) bytes of the file are left in memory")
        }

        /// Bytes of the mapping at `address` that are in this process's memory, as the kernel says.
        private func residentBytes(at address: UnsafeRawPointer) -> Int {
            // Files of the kernel have no size, so they are read until they end.
            guard let file = FileHandle(forReadingAtPath: "/proc/self/smaps") else { return 0 }
            var bytes = Data()
            while let part = try? file.read(upToCount: 1 << 16), !part.isEmpty { bytes += part }
            let mappings = String(decoding: bytes, as: UTF8.self)
            let start = String(UInt(bitPattern: address), radix: 16) + "-"
            let lines = mappings.split(separator: "\n").drop { !$0.hasPrefix(start) }
            let resident = lines.first { $0.hasPrefix("Rss:") }?.split(separator: " ")
            return (resident.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0) << 10
        }
    }
#endif
