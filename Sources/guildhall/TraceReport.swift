import Activations
import ArgumentParser
import Foundation
import Reports
import Tensors

struct TraceReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Say what the activations of a trace have in common: imbalance, domains, phases, caches, drift.",
        discussion: """
            Prints a summary. Reads the trace once, in memory that does not grow with it; figures that are not counted \
            on every token are drawn by the seed. docs/trace-report.md explains each figure.
            """)

    @Argument(help: "Folder of the trace.") var folder: String
    @Option(help: "File for the report as one HTML page with plots.") var html: String?
    @Option(help: "File for the report as JSON.") var json: String?
    @Option(help: "Seed of what is drawn by chance.") var seed: UInt64 = 1
    @Option(help: "Name of the trace in the report. Default: the folder's.") var name: String?
    @OptionGroup var threadOptions: ThreadOptions

    func run() throws {
        for file in [html, json] { try checkFolder(of: file) }
        let source = try openTrace(path: (folder as NSString).expandingTildeInPath)
        var options = AnalysisOptions()
        options.seed = seed
        let pool = ComputePool(threads: threadOptions.threads)
        let analyzer = try TraceAnalyzer(
            shape: source.shape, expectedTokens: source.tokenCount, options: options, pool: pool)
        var progress = ReadingProgress(requests: source.requestCount)
        let damages = source.forEachRequest { request in
            analyzer.add(request)
            progress.step()
        }
        Terminal.endProgress()
        let warnings = damages.map { ReportText.printable("\($0)") }
        for warning in warnings { Terminal.error("warning: \(warning)\n") }
        let report = analyzer.report(name: name ?? folderName, warnings: warnings)
        guard report.trace.requests > 0 else { throw CommandError("\(folder): holds no request that can be read") }
        try write(report)
    }

    private var folderName: String { URL(fileURLWithPath: (folder as NSString).expandingTildeInPath).lastPathComponent }

    private func write(_ report: ActivationReport) throws {
        if let json { try writeFile(report.json(), to: json) }
        if let html { try writeFile(ReportPage.html(report), to: html) }
        Terminal.out(ReportText.text(report))
    }
}

/// How much of the trace has been read, on a terminal.
private struct ReadingProgress {
    let requests: Int
    private var read = 0

    init(requests: Int) { self.requests = requests }

    mutating func step() {
        read += 1
        if read.isMultiple(of: 256) { Terminal.progress("\(read) of \(requests) requests") }
    }
}
