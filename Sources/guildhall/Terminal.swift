import Foundation

/// Writes to the two output streams, unbuffered. A closed pipe ends the program quietly, as it does for other tools.
enum Terminal {
    static func out(_ text: String) { write(text, to: .standardOutput) }

    static func error(_ text: String) { write(text, to: .standardError) }

    /// A line on standard error that later ones replace; nothing where that is not a terminal.
    static func progress(_ text: String) {
        guard showsProgress else { return }
        error("\r\u{1B}[K\(text)")
    }

    static func endProgress() {
        guard showsProgress else { return }
        error("\r\u{1B}[K")
    }

    static let showsProgress = isatty(STDERR_FILENO) == 1

    private static func write(_ text: String, to handle: FileHandle) {
        do { try handle.write(contentsOf: Data(text.utf8)) } catch { exit(1) }
    }
}

/// JSON as the commands print it: sorted keys, one line.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    Terminal.out(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
}
