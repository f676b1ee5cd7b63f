import Foundation
import Placement

/// What `guildhall simulate` prints and writes.
struct SimulationReport: Encodable {
    struct Setting: Encodable {
        let trace: String
        let requests: Int
        let layers: Int
        let experts: Int
        let experts_per_token: Int
        let topology: String
        let nodes: Int
        let devices_per_node: Int
        let model: String
        let phase: String
        let knowledge: String
        let order: String
        let batch_per_device: Int
        let dispatch_format: String
        let combine_format: String
        let deduplicate: String
        let reduce: String
        let copies: String
        let seed: UInt64
    }

    let setting: Setting
    let plans: [SimulationSummary]
    let comparisons: [ComparisonSummary]

    init(
        trace: ReplayTrace, traceName: String, runs: [Simulate.Run], outcomes: [SimulationOutcome],
        options: SimulationOptions
    ) {
        let cost = runs[0].cost
        setting = Setting(
            trace: traceName, requests: trace.requests.count, layers: trace.shape.layerCount,
            experts: trace.shape.expertCount, experts_per_token: trace.shape.topK, topology: cost.topology.name,
            nodes: cost.topology.nodes, devices_per_node: cost.topology.devicesPerNode, model: cost.model.name,
            phase: options.phase.rawValue, knowledge: options.knowledge.rawValue, order: options.order.rawValue,
            batch_per_device: options.batch, dispatch_format: cost.communication.dispatchFormat.rawValue,
            combine_format: cost.communication.combineFormat.rawValue,
            deduplicate: cost.communication.deduplication.rawValue, reduce: cost.communication.preReduction.rawValue,
            copies: cost.communication.copyRule.rawValue, seed: options.seed)
        plans = zip(runs, outcomes).map { run, outcome in
            SimulationSummary(
                name: run.name, plan: run.plan, outcome: outcome, blocks: trace.shape.blocks, cost: run.cost)
        }
        comparisons = zip(runs, outcomes).dropFirst().map { run, outcome in
            ComparisonSummary(plan: run.name, against: runs[0].name, RunComparison(outcomes[0], outcome))
        }
    }

    func writeJSON(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try writeFile(encoder.encode(self) + Data("\n".utf8), to: path)
    }
}

// MARK: - Text

extension SimulationReport {
    var text: String {
        var lines = [
            "trace      \(setting.trace): \(setting.requests) requests, \(setting.layers) layers of \(setting.experts) experts, "
                + "top-\(setting.experts_per_token); \(setting.phase), order \(setting.order)",
            "machines   \(setting.topology): \(setting.nodes) nodes × \(setting.devices_per_node) devices, "
                + "\(setting.batch_per_device) requests a device; model \(setting.model)",
            "transport  \(setting.dispatch_format) out per \(setting.deduplicate), \(setting.combine_format) back per "
                + "\(setting.reduce), copies \(setting.copies)", "",
        ]
        lines += table
        for plan in plans { lines += details(of: plan) }
        for comparison in comparisons { lines += changes(of: comparison) }
        return lines.joined(separator: "\n") + "\n"
    }

    private var table: [String] {
        let head = [
            "plan", "KB/token between nodes", "in nodes", "comm µs", "(balanced)", "expert µs", "(balanced)",
            "layer µs",
            "tokens/s", "max/mean",
        ]
        let rows = plans.map { plan in
            [
                plan.plan, kilobytes(plan.bytes_per_token.between_nodes), kilobytes(plan.bytes_per_token.intra_node),
                micro(plan.layer_times.communication.padded),
                "(" + micro(plan.layer_times.communication.balanced) + ")",
                micro(plan.layer_times.experts.padded), "(" + micro(plan.layer_times.experts.balanced) + ")",
                micro(plan.layer_times.layer.padded), String(Int(plan.tokens_per_second.rounded())),
                decimal(plan.imbalance, 2),
            ]
        }
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        return ([head] + rows).map { row in
            zip(row, widths).enumerated().map { index, cell in
                let gap = String(repeating: " ", count: cell.1 - cell.0.count)
                return index == 0 ? cell.0 + gap : gap + cell.0
            }.joined(separator: "  ")
        }
    }

    private func details(of plan: SimulationSummary) -> [String] {
        var lines = ["", plan.plan]
        if let time = plan.time_per_token {
            lines.append("  time per token ms: p50 \(milli(time.p50)), p95 \(milli(time.p95)), p99 \(milli(time.p99))")
        }
        if let latency = plan.request_latency {
            lines.append(
                "  request latency ms (\(latency.count) ended): p50 \(milli(latency.p50)), p95 \(milli(latency.p95)), "
                    + "p99 \(milli(latency.p99))")
        }
        if let wait = plan.request_wait, wait.p99 > 0 || plan.requests_waiting > 0 {
            lines.append(
                "  wait ms: p50 \(milli(wait.p50)), p99 \(milli(wait.p99)); \(plan.requests_waiting) wait at the end")
        }
        let bases = plan.assigned_by.sorted { $0.key < $1.key }.map { "\($0.value) by \($0.key)" }
        lines.append("  requests sent to a node: " + bases.joined(separator: ", "))
        lines.append("  max/mean load over the whole run: \(decimal(plan.imbalance_overall, 3))")
        let memory = "\(decimal(plan.expert_memory / 1e9, 1)) of \(decimal(plan.device_memory / 1e9, 1)) GB"
        lines.append(
            "  experts take \(memory) of a device" + (plan.expert_memory > plan.device_memory ? ": TOO MUCH" : ""))
        if plan.moved_requests > 0 {
            lines.append(
                "  \(plan.moved_requests) changed their node after the prompt, \(decimal(plan.moved_cache_bytes / 1e9, 2)) GB of cache"
            )
        }
        return lines + plan.losses.map(line) + plan.replans.map(line)
            + (plan.lost_assignments > 0 ? ["  assignments lost: \(plan.lost_assignments)"] : [])
    }

    private func line(_ loss: SimulationSummary.Loss) -> String {
        "  step \(loss.step): node \(loss.node) lost; \(loss.requests) requests read \(loss.tokens_read_again) tokens again; "
            + "\(loss.experts_lost) experts had no other copy, read again in \(decimal(loss.reload_seconds, 2)) s"
    }

    private func line(_ replan: SimulationSummary.Replan) -> String {
        "  step \(replan.step): new plan \(replan.accepted ? "taken" : "not taken"): saves \(micro(replan.saved_per_step)) µs a "
            + "step, moves \(replan.moved_experts) experts in \(milli(replan.migration_seconds)) ms"
    }

    private func changes(of comparison: ComparisonSummary) -> [String] {
        let rows = [
            ("bytes between nodes", comparison.bytes_between_nodes),
            ("communication time", comparison.communication_time),
            ("expert time", comparison.expert_time), ("layer time", comparison.layer_time),
            ("max/mean of a step", comparison.imbalance),
        ]
        return ["", "\(comparison.plan) against \(comparison.against), change with 95 % interval"]
            + rows.compactMap { name, change in
                change.map {
                    "  \(name.padding(toLength: 20, withPad: " ", startingAt: 0)) \(percent($0.change)) "
                        + "[\(percent($0.low)), \(percent($0.high))]"
                }
            }
    }

    private func decimal(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
    private func kilobytes(_ bytes: Double) -> String { decimal(bytes / 1e3, 1) }
    private func micro(_ seconds: Double) -> String { decimal(seconds * 1e6, 1) }
    private func milli(_ seconds: Double) -> String { decimal(seconds * 1e3, 2) }
    /// With a sign, but never "-0.0 %".
    private func percent(_ share: Double) -> String {
        String(format: "%+.1f %%", abs(share) < 0.0005 ? 0 : share * 100)
    }
}
