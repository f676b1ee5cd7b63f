import Activations
import Foundation

/// Prompts from files as benchmarks publish them: JSON lines, JSON, tab-separated and plain text.
///
/// The domain of a prompt is what its entry says (`domain`), else the name of the folder the file is in, else that of
/// the file. The category is what its entry says (`category`, `subject`), else the name of the file.
public struct PromptSet: Sendable {
    public let prompts: [LabelledPrompt]

    /// Reads a file, or the files of a folder and of the folders in it, in the order of their names.
    ///
    /// - Parameter perFile: prompts to take of a file at most, evenly spread over it; nil: all.
    public init(path: String, perFile: Int? = nil) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw PromptSetError(file: path, reason: "no such file or folder")
        }
        guard isFolder.boolValue else {
            prompts = Self.spread(try PromptFile(path: path, domain: nil).prompts, perFile)
            return
        }
        var prompts: [LabelledPrompt] = []
        for entry in try Self.entries(path) {
            let inner = path + "/" + entry
            var isInnerFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: inner, isDirectory: &isInnerFolder) else { continue }
            let files = isInnerFolder.boolValue ? try Self.entries(inner).map { inner + "/" + $0 } : [inner]
            for file in files where PromptFile.isRead(file) {
                let domain = isInnerFolder.boolValue ? entry : nil
                prompts += Self.spread(try PromptFile(path: file, domain: domain).prompts, perFile)
            }
        }
        guard !prompts.isEmpty else { throw PromptSetError(file: path, reason: "holds no prompts") }
        self.prompts = prompts
    }

    private static func entries(_ folder: String) throws -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            throw PromptSetError(file: folder, reason: error.localizedDescription)
        }
    }

    private static func spread(_ prompts: [LabelledPrompt], _ limit: Int?) -> [LabelledPrompt] {
        guard let limit, limit < prompts.count else { return prompts }
        return (0..<limit).map { prompts[$0 * prompts.count / limit] }
    }
}
