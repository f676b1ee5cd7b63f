import Routing
import Tensors

/// Runs experts whose weights are in this process's memory (mapped files included), tokens grouped by expert.
///
/// Three forks of the pool a block: gate and up projection with activation, down projection, weighted sum. The first
/// two are cut into (expert, row block) units that threads take one by one, so a busy expert leaves no thread idle.
/// The result for a token does not depend on which other tokens are in the batch: outputs are summed in the order of
/// the router's choice.
public final class GroupedExperts: ExpertExecutor {
    private let weights: ExpertWeights
    private let pool: ComputePool
    private let workspace: ExpertWorkspace
    private let kernels = Kernels.selected
    private var plan = DispatchPlan()
    private var units: [Unit] = []

    /// Rows `rows` of one expert's matrix for all of its tokens.
    private struct Unit {
        let expert: Int
        let rows: Range<Int>
    }

    /// Rows of a unit: enough work to hide taking it, small enough to even out the threads.
    private static let rowsPerUnit = 64

    public init(weights: ExpertWeights, pool: ComputePool, workspace: ExpertWorkspace) {
        self.weights = weights
        self.pool = pool
        self.workspace = workspace
    }

    public func run(
        hidden: UnsafePointer<Float>, decision: RoutingDecision, output: UnsafeMutablePointer<Float>
    ) {
        precondition(decision.expertCount == weights.count, "decision is about other experts")
        precondition(decision.experts.count <= workspace.slots, "micro-batch is larger than the workspace")
        plan.fill(from: decision)
        gather(hidden)
        project()
        reduce(decision, into: output)
    }

    /// Copies the tokens of each expert next to each other.
    private func gather(_ hidden: UnsafePointer<Float>) {
        let width = weights.hiddenSize
        let inputs = workspace.inputs.pointer
        for (slot, token) in plan.tokens.enumerated() {
            (inputs + slot * width).update(from: hidden + Int(token) * width, count: width)
        }
    }

    private func project() {
        cutIntoUnits(rows: weights.width)
        pool.forEach(count: units.count, grain: 1) { taken, worker in
            for unit in units[taken] { activate(unit, worker: worker) }
        }
        cutIntoUnits(rows: weights.hiddenSize)
        pool.forEach(count: units.count, grain: 1) { taken, worker in
            for unit in units[taken] { projectDown(unit, worker: worker) }
        }
    }

    private func cutIntoUnits(rows: Int) {
        units.removeAll(keepingCapacity: true)
        for expert in plan.activeExperts {
            for start in stride(from: 0, to: rows, by: GroupedExperts.rowsPerUnit) {
                units.append(Unit(expert: expert, rows: start..<min(start + GroupedExperts.rowsPerUnit, rows)))
            }
        }
    }

    /// `activated[slot][rows] = silu(gate x) * up x`.
    private func activate(_ unit: Unit, worker: Int) {
        let slots = plan.slots(of: unit.expert)
        let input = workspace.inputs.pointer + slots.lowerBound * weights.hiddenSize
        let gated = workspace.activated.pointer + slots.lowerBound * weights.width + unit.rows.lowerBound
        let height = unit.rows.count
        let panelBytes = Kernels.productScratchBytes(columns: weights.hiddenSize)
        let panel = pool.scratch(
            worker: worker, bytes: panelBytes + slots.count * height * MemoryLayout<Float>.stride)
        let up = (panel + panelBytes).assumingMemoryBound(to: Float.self)
        kernels.multiply(
            weights.gate[unit.expert], rows: unit.rows, input: input, inputStride: weights.hiddenSize,
            tokens: slots.count, output: gated, outputStride: weights.width, scratch: panel)
        kernels.multiply(
            weights.up[unit.expert], rows: unit.rows, input: input, inputStride: weights.hiddenSize,
            tokens: slots.count, output: up, outputStride: height, scratch: panel)
        for token in 0..<slots.count {
            kernels.siluMultiply(gated + token * weights.width, up + token * height, count: height)
        }
    }

    /// `outputs[slot][rows] = down activated[slot]`.
    private func projectDown(_ unit: Unit, worker: Int) {
        let slots = plan.slots(of: unit.expert)
        let panel = pool.scratch(worker: worker, bytes: Kernels.productScratchBytes(columns: weights.width))
        kernels.multiply(
            weights.down[unit.expert], rows: unit.rows,
            input: workspace.activated.pointer + slots.lowerBound * weights.width, inputStride: weights.width,
            tokens: slots.count,
            output: workspace.outputs.pointer + slots.lowerBound * weights.hiddenSize + unit.rows.lowerBound,
            outputStride: weights.hiddenSize, scratch: panel)
    }

    /// Sums each token's expert outputs, weighted, in the router's order.
    private func reduce(_ decision: RoutingDecision, into output: UnsafeMutablePointer<Float>) {
        let width = weights.hiddenSize
        let perToken = decision.expertsPerToken
        pool.forEach(count: decision.tokens, grain: 16) { tokens, _ in
            for token in tokens {
                let sum = output + token * width
                sum.update(repeating: 0, count: width)
                for assignment in token * perToken..<(token + 1) * perToken {
                    let expertOutput = workspace.outputs.pointer + Int(plan.slots[assignment]) * width
                    kernels.addScaled(sum, decision.weights[assignment], expertOutput, count: width)
                }
            }
        }
    }
}
