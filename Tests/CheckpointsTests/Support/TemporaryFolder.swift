import Foundation

/// A folder that is gone when the test that made it is.
final class TemporaryFolder {
    let path: String

    init() throws {
        let name = "guildhall-checkpoints-\(UUID().uuidString)"
        path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func path(_ name: String) -> String { path + "/" + name }

    @discardableResult func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    @discardableResult func write(_ name: String, _ text: String) throws -> String {
        try write(name, Array(text.utf8))
    }

    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}

/// Files that some checkouts have next to the package.
enum SharedFiles {
    static let folder: String = {
        if let path = ProcessInfo.processInfo.environment["GUILDHALL_SHARED"] { return path }
        // Tests/CheckpointsTests/Support/ThisFile.swift → the folder that holds the package.
        let package = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        return package.deletingLastPathComponent().appendingPathComponent("shared").path
    }()

    /// Full paths of what lies in a sub-folder, sorted; none if it does not exist.
    static func contents(_ name: String) -> [String] {
        let folder = folder + "/" + name
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map { folder + "/" + $0 }
    }

    static let vocabularies = contents("tokenizers").filter { $0.hasSuffix(".gguf") }
    static let golden = contents("golden").filter { FileManager.default.fileExists(atPath: $0 + "/config.json") }
}
