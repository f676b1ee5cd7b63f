import Activations
import ArgumentParser

struct Trace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Record which experts handle which tokens, and exchange such traces with other programs.",
        discussion: "docs/traces.md describes the formats.",
        subcommands: [TraceRecord.self, TraceImport.self, TraceExport.self, TraceReport.self])
}

/// What a trace may take of the disk, and how much goes into it.
struct RecordingOptions: ParsableArguments {
    @Option(name: .customLong("trace-sample"), help: "Share of requests that are recorded, 0 to 1.")
    var sample: Double = 1
    @Option(name: .customLong("trace-budget"), help: "Bytes the trace may take on disk, such as 500MB or 1GiB.")
    var budget: ByteSize?
    @Option(name: .customLong("trace-seed"), help: "Seed of the choice of requests.") var seed: UInt64 = 0
    @Flag(name: .customLong("trace-weights"), help: "Record the routers' weights too: five times the bytes.")
    var recordsWeights = false

    func validate() throws {
        guard sample >= 0, sample <= 1 else { throw ValidationError("--trace-sample must be within 0…1.") }
    }
}

/// A number of bytes with a unit: `65536`, `500MB`, `1.5GiB`.
struct ByteSize: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        let number = argument.prefix { $0.isNumber || $0 == "." }
        let unit = argument.dropFirst(number.count).lowercased()
        guard let value = Double(number), let factor = Self.units[unit], value * factor < 0x1p62 else { return nil }
        bytes = Int(value * factor)
    }

    private static let units: [String: Double] = [
        "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30,
        "tib": 0x1p40, "k": 0x1p10, "m": 0x1p20, "g": 0x1p30, "t": 0x1p40,
    ]
}
