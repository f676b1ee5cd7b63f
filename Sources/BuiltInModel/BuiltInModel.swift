import Foundation

/// Guildhall Apprentice, the model that ships with the program (see `Training/MODEL_CARD.md`).
public enum BuiltInModel {
    /// File name of the model.
    public static let fileName = "apprentice-q8_0.gguf"

    /// Where the model is: in the resource bundle next to the executable (built or installed), or in the source tree
    /// that this was compiled from; nil if it is in neither.
    ///
    /// `Bundle.module` would do, but ends the program where the bundle is missing.
    public static func path() -> String? {
        let bundle = "guildhall_BuiltInModel.resources"
        let executable = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
        let folders = [
            Bundle.main.bundleURL.appendingPathComponent(bundle),
            executable.deletingLastPathComponent().appendingPathComponent(bundle),
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Resources"),
        ]
        return folders.map { $0.appendingPathComponent(fileName).path }
            .first { FileManager.default.isReadableFile(atPath: $0) }
    }
}
