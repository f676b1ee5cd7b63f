import Checkpoints
import Foundation
import Tensors

/// The files that a model's weights came from.
struct CheckpointFiles: Sendable {
    /// The path the user gave.
    let location: String
    private let files: [File]

    private struct File: Sendable {
        let path: String
        /// Where its first byte is in memory: a number to compare with, not to read from.
        let base: UInt
    }

    init(_ source: any TensorSource) {
        location = source.location
        var bases: [String: UInt] = [:]
        for entry in source.entries { bases[entry.file] = UInt(bitPattern: entry.region.base) &- UInt(entry.offset) }
        files = bases.map { File(path: $0.key, base: $0.value) }.sorted { $0.path < $1.path }
    }

    /// A number that other files, or these after a change, do not have: made of names, sizes and times of last change,
    /// of where in them each matrix of `plan` lies, and of some of their bytes. Not of folders, so that a copy that keeps
    /// its times is the same.
    func identity(of plan: PackingPlan) throws(CheckpointError) -> UInt64 {
        var words: [UInt64] = []
        var sizes: [Int] = []
        for file in files {
            let (size, time) = try status(of: file.path)
            sizes.append(size)
            let name = Array(URL(fileURLWithPath: file.path).lastPathComponent.utf8)
            words += [Checksum64.of(name), UInt64(size), time]
        }
        for (index, entry) in plan.entries.enumerated() {
            let place = self.place(of: entry.source.region, sizes)
            let isSample = place == nil || index.isMultiple(of: plan.entries.count / Self.samples + 1)
            words += place.map { [UInt64($0.file), UInt64($0.offset)] } ?? []
            words += isSample ? [sample(of: entry.source.region)] : []
        }
        return Checksum64.of(words)
    }

    /// Reading from a disk takes its time, so few matrices are looked into.
    private static let samples = 16

    /// The checksum of a few bytes in the middle.
    private func sample(of region: ByteRegion) -> UInt64 {
        let part = min(region.count, 64)
        let bytes = region.slice(region.count / 2 - part / 2..<region.count / 2 - part / 2 + part)
        return Checksum64.of(UnsafeRawBufferPointer(start: bytes.base, count: bytes.count))
    }

    /// Nil for what lies in memory of its own.
    private func place(of region: ByteRegion, _ sizes: [Int]) -> (file: Int, offset: UInt)? {
        guard region.backing == .file else { return nil }
        let address = UInt(bitPattern: region.base)
        for (index, file) in files.enumerated() where address >= file.base {
            let offset = address - file.base
            if offset < UInt(sizes[index]) { return (index, offset) }
        }
        return nil
    }

    private func status(of path: String) throws(CheckpointError) -> (size: Int, time: UInt64) {
        // The link's target, where it is one.
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target),
            let size = attributes[.size] as? NSNumber, let time = attributes[.modificationDate] as? Date
        else { throw CheckpointError(file: path, reason: "cannot find out its size and time") }
        return (size.intValue, time.timeIntervalSinceReferenceDate.bitPattern)
    }
}
