import Activations
import ArgumentParser
import Foundation

struct TraceExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Count a trace's experts for load balancers of other programs.",
        discussion: """
            json: layers × experts. safetensors: the same as I64. sglang: a logical_count file for \
            --init-expert-location. tensorrt-llm: a folder of statistics.
            """)

    @Argument(help: "Folder of a trace, or a counts.json.") var input: String
    @Option(help: "What to write.") var to: CountsFormat = .json
    @Option(name: [.short, .long], help: "File to write; for tensorrt-llm a folder.") var output: String
    @Option(help: "All blocks of the model, dense ones too, for sglang. Default: up to the last with experts.")
    var hiddenLayers: Int?
    @Option(help: "Count one phase only: prefill or decode.") var phase: Phase?

    enum Phase: String, ExpressibleByArgument, CaseIterable { case prefill, decode }

    func run() throws {
        let path = (input as NSString).expandingTildeInPath
        let counts = try counts(path)
        try counts.export(to, to: (output as NSString).expandingTildeInPath, hiddenLayers: hiddenLayers)
        Terminal.out("\(output): counts of \(counts.blocks.count) layers of \(counts.expertCount) experts\n")
    }

    private func counts(_ path: String) throws -> ExpertCounts {
        if let file = ExpertCounts.file(at: path) {
            guard phase == nil else { throw CommandError("\(file): counts do not tell phases apart") }
            return try ExpertCounts(path: file)
        }
        let source = try openTrace(path: path)
        let (counts, damages) = ExpertCounts.counting(
            source, prefill: phase != .decode, decode: phase != .prefill)
        for damage in damages { Terminal.error("\(damage)\n") }
        return counts
    }
}

extension CountsFormat: ExpressibleByArgument {}
