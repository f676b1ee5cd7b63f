import Activations
import ArgumentParser
import Placement

/// Options that say on which machines a model runs, and how its tokens travel.
struct FleetOptions: ParsableArguments {
    @Option(
        help: "Topology: a built-in name (see guildhall topology) or a YAML file. A built-in takes the plan's size.")
    var topology: String
    @Option(help: "Dimensions: a built-in name or a YAML file; found by the trace's experts if left out.")
    var dimensions: String?
    @Option(help: "Number format of hidden states on their way to experts: fp32, bf16, fp8 or fp4.")
    var dispatchFormat = VectorFormat.fp8
    @Option(help: "Number format of results on their way back.")
    var combineFormat = VectorFormat.bf16
    @Option(help: "Send one copy of a hidden state per assignment, device or node.")
    var deduplicate = CopyGranularity.node
    @Option(help: "Return one sum per assignment, device or node.")
    var reduce = CopyGranularity.node
    @Option(help: "Which copy of an expert computes: even, nearest or joining (docs/simulation.md).")
    var copies = CopyRule.even

    var communication: Communication {
        Communication(
            dispatchFormat: dispatchFormat, combineFormat: combineFormat, deduplication: deduplicate,
            preReduction: reduce, copyRule: copies)
    }

    /// The topology; a built-in one gets the size of a plan.
    func machines(for plan: PlacementPlan) throws -> Topology {
        guard let machine = try MachineCatalog.topology(topology) else { return try topologyFile(topology) }
        return machine.resized(nodes: plan.nodes, devicesPerNode: plan.devicesPerNode)
    }

    func model(for shape: TraceShape) throws -> ModelDimensions {
        guard let dimensions else {
            if let model = ModelCatalog.model(
                experts: shape.expertCount, perToken: shape.topK, layers: shape.layerCount)
            {
                return model
            }
            throw PlacementError(
                reason:
                    "no built-in model has \(shape.layerCount) layers of \(shape.expertCount) experts, top-\(shape.topK): name "
                    + "one that is alike, or a YAML file, with --dimensions")
        }
        if let model = ModelCatalog.model(named: dimensions) { return model }
        return try ModelDimensions(yaml: try smallTextFile(dimensions), file: dimensions)
    }
}

extension VectorFormat: ExpressibleByArgument {}
extension CopyGranularity: ExpressibleByArgument {}
extension CopyRule: ExpressibleByArgument {}
