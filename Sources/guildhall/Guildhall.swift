import ArgumentParser
import Tensors

/// The command. Each subcommand is a file of its own.
@main
struct Guildhall: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "guildhall",
        abstract: "Mixture-of-Experts inference that shows what the experts do.",
        discussion: """
            Without --model every command uses the built-in model. Errors go to standard error with exit code 1, \
            usage errors with 64. GUILDHALL_ISA=scalar|avx2|avx512 forces an instruction set.
            """,
        version: version,
        subcommands: [
            Generate.self, Serve.self, Inspect.self, Tokenize.self, Render.self, Logits.self, Bench.self, Quantize.self,
            Evaluate.self, Trace.self, Place.self, Simulate.self, PlanCommand.self, TopologyCommand.self,
        ])
}
