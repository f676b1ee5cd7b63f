import Foundation
import Models
import Synchronization

/// What a test run found about a family, a JSON object a line, for `Scripts/family_table.py`. Nothing is recorded unless
/// `GUILDHALL_FAMILY_RECORD` names a file.
enum FamilyRecord {
    private static let lock = Mutex(())

    /// - Parameters:
    ///   - path: the checkpoint's folder.
    ///   - format: what kind of file was read.
    static func add(_ architecture: String, path: String, format: String, _ result: Comparison) {
        guard let record = ProcessInfo.processInfo.environment["GUILDHALL_FAMILY_RECORD"] else { return }
        let fields: [String: Any] = [
            "architecture": architecture,
            "checkpoint": path.split(separator: "/").suffix(3).joined(separator: "/"),
            "format": format, "largest_difference": Double(result.largestDifference),
            "positions": result.positions, "greedy_mismatches": result.greedyMismatches,
        ]
        guard let line = try? JSONSerialization.data(withJSONObject: fields, options: .sortedKeys) else { return }
        lock.withLock { _ in
            guard let file = FileHandle(forWritingAtPath: record) else { return }
            defer { try? file.close() }
            _ = try? file.seekToEnd()
            try? file.write(contentsOf: line + Data("\n".utf8))
        }
    }
}
