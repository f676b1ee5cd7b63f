import Foundation
import Models
import Synchronization

/// What a test run found about a family, a JSON object a line, for `Scripts/family_table.py`. Nothing is recorded unless
/// `GUILDHALL_FAMILY_RECORD` names a file.
enum FamilyRecord {
    private static let lock = Mutex(())

    static func add(_ checkpoint: GoldenCheckpoint, model: TransformerModel, format: String, _ result: Comparison) {
        add(checkpoint.path, architecture: model.configuration.architecture, format: format, result)
    }

    static func add(_ checkpoint: String, architecture: String, format: String, _ result: Comparison) {
        guard let path = ProcessInfo.processInfo.environment["GUILDHALL_FAMILY_RECORD"] else { return }
        let fields: [String: Any] = [
            "architecture": architecture,
            "checkpoint": checkpoint.split(separator: "/").suffix(3).joined(separator: "/"),
            "format": format, "largest_difference": Double(result.largestDifference),
            "positions": result.positions, "greedy_mismatches": result.greedyMismatches,
        ]
        guard let line = try? JSONSerialization.data(withJSONObject: fields, options: .sortedKeys) else { return }
        lock.withLock { _ in
            guard let file = FileHandle(forWritingAtPath: path) else { return }
            defer { try? file.close() }
            _ = try? file.seekToEnd()
            try? file.write(contentsOf: line + Data("\n".utf8))
        }
    }
}
