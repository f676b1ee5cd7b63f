import ArgumentParser
import Inference
import Tensors

/// Where threads run and memory lies.
struct MachineOptions: ParsableArguments {
    @Option(
        help: """
            Let each computing thread run on one processor alone: a list like 0-3,8, in the order of the threads, or \
            auto for those that this process may use. Default: the system chooses.
            """)
    var pinThreads: String?
    @Option(help: "Spread memory over the machine's memory nodes: interleave or none.")
    var numa: MemoryPolicy = .none

    enum MemoryPolicy: String, ExpressibleByArgument, CaseIterable {
        case none, interleave
    }

    /// The processors of `threads` threads; nil if the system chooses.
    func processors(threads: Int) throws -> ProcessorList? {
        guard let pinThreads else { return nil }
        do {
            let list = try pinThreads == "auto" ? .allowed : ProcessorList(parsing: pinThreads)
            try list.check(threads: threads)
            return list
        } catch { throw CommandError("--pin-threads \(pinThreads): \(error)") }
    }

    /// To be called before the model is loaded.
    func apply(to options: inout EngineOptions) throws {
        options.processors = try processors(threads: options.threads)
        try placeMemory()
    }

    /// To be called before the model is loaded.
    func placeMemory() throws {
        guard numa == .interleave else { return }
        do {
            let nodes = try MemoryPlacement.interleave()
            if nodes == 1 { Terminal.error("--numa interleave does nothing: this process has one memory node\n") }
        } catch { throw CommandError("--numa interleave: \(error)") }
    }
}
