import ArgumentParser
import Foundation
import Placement

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Work with placement plans.", subcommands: [ExportPlan.self])
}

struct ExportPlan: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a plan in the file format of another engine.",
        discussion: """
            sglang: --init-expert-location FILE.json. vllm-ascend: eplb_config.expert_map_path. tensorrt-llm: the YAML of \
            moe_config.load_balancer. These fill empty slots with further copies. guildhall: a plan, checked.
            """)

    @Argument(help: "Plan file.") var plan: String
    @Option(help: "sglang, vllm-ascend, tensorrt-llm or guildhall.") var format: PlanExport
    @Option(help: "Layers of the model, dense ones included (sglang); up to the plan's last one if left out.")
    var layers: Int?
    @Option(help: "Layers that TensorRT-LLM may rebalance per iteration; 0 keeps the plan.")
    var layerUpdates = 0
    @Option(name: .shortAndLong, help: "File to write; standard output if left out.") var output: String?

    func run() throws {
        let plan = try readPlan(plan)
        let data = try format.data(
            plan, options: PlanExport.Options(layers: layers, layerUpdatesPerIteration: layerUpdates))
        if let output {
            try writeFile(data, to: output)
        } else {
            Terminal.out(String(decoding: data, as: UTF8.self))
        }
        if !format.allowsEmptySlots { noteFilled(plan) }
    }

    private func noteFilled(_ plan: PlacementPlan) {
        guard plan.emptySlots > 0 else { return }
        let redundant = plan.deviceCount * plan.slotsPerDevice - plan.expertCount
        Terminal.error(
            "note: \(plan.emptySlots) empty slots were filled with further copies, as \(format.rawValue) knows none; place "
                + "with --redundant \(redundant) to have all slots planned\n")
    }
}

/// Reads a plan file.
func readPlan(_ path: String) throws -> PlacementPlan {
    try PlacementPlan(json: try readFile(path), source: path)
}

extension PlanExport: ExpressibleByArgument {}
