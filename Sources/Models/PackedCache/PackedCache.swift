import Checkpoints
import Foundation
import Tensors

/// A folder that keeps packed matrices, so that the next start maps them instead of packing them again. It may hold the
/// matrices of many checkpoints, a file each.
///
/// The folder is an aid: where it cannot be used, `notice` hears why and weights are packed. Whoever can write to it can
/// change what the model answers.
public struct PackedCache: Sendable {
    public let folder: String
    /// Whether all bytes of a file are compared with their checksums before it is used, which reads all of it.
    public var verifies = false
    /// Told, in a sentence, why a file is not used or not written.
    public var notice: @Sendable (String) -> Void = { _ in }
    /// Bytes that the disk under a folder has left; nil if unknown.
    package var freeBytes: @Sendable (_ folder: String) -> Int? = { folder in
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
    }

    public init(folder: String) { self.folder = folder }

    /// The file for the checkpoint at `location`. It is named after that path, so that a checkpoint that is replaced gets
    /// its file replaced.
    package func path(for location: String) -> String {
        let url = URL(fileURLWithPath: location).standardizedFileURL
        let digits = String(Checksum64.of(Array(url.path.utf8)), radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        return folder + "/\(url.lastPathComponent)-\(padded).packed"
    }

    /// The file for what `plan` packs of `files`; nil if they cannot be told from others.
    func file(for plan: PackingPlan, of files: CheckpointFiles) -> PackedCacheFile? {
        do throws(CheckpointError) {
            let header = PackedCacheHeader(plan, identity: try files.identity(of: plan))
            return PackedCacheFile(path: path(for: files.location), header: header, cache: self)
        } catch {
            notice("packed cache cannot be used: \(error)")
            return nil
        }
    }
}
