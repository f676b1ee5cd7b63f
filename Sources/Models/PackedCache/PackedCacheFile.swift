import Checkpoints
import Foundation
import Tensors

/// The file with the packed matrices of one checkpoint, which may be there, or not, or be of no use.
struct PackedCacheFile {
    let path: String
    /// What it must begin with.
    let header: PackedCacheHeader
    let cache: PackedCache

    /// The matrices in the mapped file; nil if it is not there or of no use.
    func load(pool: ComputePool) -> ByteRegion? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            let file = try MappedFile.open(path)
            let checksums = try header.checksums(in: file)
            let stretch = file.slice(header.dataOffset..<header.fileBytes)
            if cache.verifies { try check(stretch, checksums, pool) }
            loadInBackground(stretch)
            return stretch
        } catch let mismatch as PackedCacheMismatch {
            cache.notice("packed cache \(path) \(mismatch); weights are packed anew")
        } catch {
            cache.notice("packed cache cannot be used: \(error)")
        }
        return nil
    }

    /// Writes the matrices, which are in `stretch`, and puts the file in its place when it is complete. Several processes
    /// may do so at the same time.
    func store(_ stretch: ByteRegion, pool: ComputePool, progress: (Double) -> Void) {
        do throws(CheckpointError) {
            try makeRoom()
            var output = try CheckpointOutput(path: path)
            try output.write(header.encoded(checksums: checksums(of: stretch, pool)))
            try output.skip(header.dataOffset - output.offset)
            try output.writePastCache(
                UnsafeRawBufferPointer(start: stretch.base, count: stretch.count), progress: progress)
            try output.commit()
        } catch {
            cache.notice("packed cache cannot be written: \(error)")
        }
    }

    /// A disk that fills up while it is written disturbs others, so that is tried only if there is room.
    private func makeRoom() throws(CheckpointError) {
        do {
            try FileManager.default.createDirectory(atPath: cache.folder, withIntermediateDirectories: true)
        } catch { throw CheckpointError(file: cache.folder, reason: "cannot create: \(error.localizedDescription)") }
        CheckpointOutput.removeAbandoned(path: path)
        guard let free = cache.freeBytes(cache.folder), free < header.fileBytes else { return }
        throw CheckpointError(file: path, reason: "needs \(header.fileBytes) bytes, but its disk has \(free) left")
    }

    /// Reads the file from front to back, as disks like it, while the first answers read here and there. A file that
    /// hardly fits into memory is left to them.
    private func loadInBackground(_ stretch: ByteRegion) {
        guard stretch.count < ProcessInfo.processInfo.physicalMemory / 10 * 9 else { return }
        let parts = header.parts
        Thread.detachNewThread {
            for part in parts { stretch.slice(part).load() }
        }
    }

    private func check(
        _ stretch: ByteRegion, _ expected: [UInt64], _ pool: ComputePool
    ) throws(PackedCacheMismatch) {
        let found = checksums(of: stretch, pool)
        guard let part = found.indices.first(where: { found[$0] != expected[$0] }) else { return }
        throw .damagedPart(offset: header.dataOffset + header.parts[part].lowerBound)
    }

    private func checksums(of stretch: ByteRegion, _ pool: ComputePool) -> [UInt64] {
        let parts = header.parts
        return [UInt64](unsafeUninitializedCapacity: parts.count) { sums, count in
            count = parts.count
            // Each worker writes the places of its own parts.
            nonisolated(unsafe) let sums = sums
            pool.forEach(count: parts.count, grain: 1) { range, _ in
                for index in range {
                    let part = stretch.slice(parts[index])
                    part.load()
                    sums[index] = Checksum64.of(UnsafeRawBufferPointer(start: part.base, count: part.count))
                }
            }
        }
    }
}
