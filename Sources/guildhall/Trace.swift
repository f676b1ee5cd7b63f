import Activations
import ArgumentParser

struct Trace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Record which experts handle which tokens, and exchange such traces with other programs.",
        discussion: "docs/traces.md describes the formats.",
        subcommands: [TraceRecord.self, TraceImport.self, TraceExport.self, TraceReport.self, TraceOverhead.self])
}

/// What a trace may take of the disk, and how much goes into it.
struct RecordingOptions: ParsableArguments {
    @Option(name: .customLong("trace-sample"), help: "Share of requests that are recorded, 0 to 1.")
    var sample: Double = 1
    @Option(name: .customLong("trace-budget"), help: "Bytes the trace may take on disk, such as 500MB or 1GiB.")
    var budget: ByteCount?
    @Option(name: .customLong("trace-seed"), help: "Seed of the choice of requests.") var seed: UInt64 = 0
    @Flag(name: .customLong("trace-weights"), help: "Record the routers' weights too: five times the bytes.")
    var recordsWeights = false

    func validate() throws {
        guard sample >= 0, sample <= 1 else { throw ValidationError("--trace-sample must be within 0…1.") }
    }
}
