import Activations
import ArgumentParser
import Foundation

struct TraceImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a trace of what another program recorded.",
        discussion: """
            vllm, sglang: answers with routed_experts, as JSON or JSON lines. sglang-recorder: .pt dumps. tensorrt-llm: \
            its folder of statistics. compact: meta.json with its files. jsonl: a request a line. Sources of counts \
            only become counts.json. No code of a .pt file is run.
            """)

    @Argument(help: "File, or folder of files.") var input: String
    @Option(help: "What the input is.") var from: TraceFormat
    @Option(name: [.short, .long], help: "Folder of the trace.") var output: String
    @Option(help: "Experts of a layer. Default: one more than the largest id.") var experts: Int?
    @Option(help: "Experts a token uses, where arrays come without shape.") var topK: Int?
    @Option(help: "All blocks of the model, dense ones too, where arrays come without shape.") var hiddenLayers: Int?
    @Option(help: "Blocks with experts, such as 3-60 or 0,2,4. Default: all that were recorded.") var blocks: BlockList?
    @Option(help: "Name of the model.") var modelName: String?
    @Flag(help: "Leave out rows of prompts: they are not valid where prefill ran on another machine.")
    var decodeOnly = false

    func run() throws {
        var options = ImportOptions()
        options.expertCount = experts
        options.topK = topK
        options.hiddenLayers = hiddenLayers
        options.blocks = blocks?.blocks
        options.skipsPrefill = decodeOnly
        options.model = modelName
        let summary = try Activations.TraceImport(format: from, options: options).run(
            input: (input as NSString).expandingTildeInPath, output: (output as NSString).expandingTildeInPath)
        for damage in summary.damages { Terminal.error("\(damage)\n") }
        if let counts = summary.counts {
            Terminal.out("\(output)/\(ExpertCounts.fileName): counts of \(counts.blocks.count) layers\n")
        } else {
            Terminal.out("\(output): \(summary.requests) requests, \(summary.tokens) tokens\n")
        }
    }
}

extension TraceFormat: ExpressibleByArgument {}

/// Blocks of a model: `3-60`, `0,2,4`.
struct BlockList: ExpressibleByArgument {
    let blocks: [Int]

    init?(argument: String) {
        var blocks: [Int] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last,
                last - first < TraceLimits.default.layers, part.split(separator: "-").count == ends.count
            else { return nil }
            blocks += first...last
        }
        self.blocks = blocks
    }
}
