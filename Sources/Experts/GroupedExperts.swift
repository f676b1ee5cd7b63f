import Routing
import Tensors

/// Runs experts whose weights are in this process's memory (mapped files included), tokens grouped by expert.
///
/// Two forks of the pool a block. Gate and up projections with the activation are cut into (expert, row block) units
/// that threads take one by one, so a busy expert leaves no thread idle. The down projection is cut into blocks of the
/// output's rows: a thread multiplies its rows of all experts, and adds them up while they are in its cache.
/// The result for a token does not depend on which other tokens are in the batch: experts are summed in ascending order.
public final class GroupedExperts: ExpertExecutor {
    private let weights: ExpertWeights
    /// Whether a token's weight multiplies what the expert gets rather than what it gives (Llama-4).
    private let weighsInput: Bool
    private let pool: ComputePool
    private let workspace: ExpertWorkspace
    private let kernels = Kernels.selected
    private var plan = DispatchPlan()
    /// For packed up and gate projections, and where each slot's input is in it.
    private let roundedInputs: RoundedActivations?
    private var slotTokens: [Int32] = []
    /// For packed down projections.
    private let roundedActivated: RoundedActivations?
    /// Whether activated numbers are rounded as they are made.
    private var roundsAtOnce = false
    /// Tokens of the busiest expert.
    private var mostTokens = 0

    /// Rows `rows` of one expert's matrix for all of its tokens.
    private struct Unit {
        let expert: Int
        let rows: Range<Int>
    }

    /// Rows of a unit: enough work to hide taking it, small enough to even out the threads.
    private static let rowsPerUnit = 64
    /// Tokens up to which an expert's products wait for memory rather than arithmetic.
    private static let fewTokens = 8

    public init(
        weights: ExpertWeights, pool: ComputePool, workspace: ExpertWorkspace, weighsInput: Bool = false
    ) {
        self.weights = weights
        self.weighsInput = weighsInput
        self.pool = pool
        self.workspace = workspace
        let packed = weights.packed
        roundedInputs = workspace.roundedInputs.buffer(for: packed.gate + packed.up)
        roundedActivated = workspace.roundedActivated.buffer(for: packed.down)
    }

    public func run(
        hidden: UnsafePointer<Float>, decision: RoutingDecision, output: UnsafeMutablePointer<Float>
    ) {
        precondition(decision.expertCount == weights.count, "decision is about other experts")
        precondition(decision.experts.count <= workspace.slots, "micro-batch is larger than the workspace")
        plan.fill(from: decision)
        mostTokens = plan.activeExperts.reduce(0) { max($0, plan.slots(of: $1).count) }
        prepareInputs(hidden, decision)
        project()
        combine(decision, into: output)
    }

    /// Inputs as the matrices want them: next to each other by expert, or rounded to int8.
    private func prepareInputs(_ hidden: UnsafePointer<Float>, _ decision: RoutingDecision) {
        let packed = weights.packed
        let hasPlain = packed.up.isEmpty || packed.gate.isEmpty && weights.activation.isGated
        if hasPlain || weighsInput { gather(hidden, decision) }
        guard let rounded = roundedInputs else { return }
        if weighsInput {
            pool.round(
                workspace.inputs.pointer, inputStride: weights.hiddenSize, to: rounded, tokens: plan.assignments.count)
        } else {
            pool.round(hidden, inputStride: weights.hiddenSize, to: rounded, tokens: decision.tokens)
        }
        slotTokens.removeAll(keepingCapacity: true)
        let perToken = Int32(truncatingIfNeeded: decision.expertsPerToken)
        for (slot, assignment) in plan.assignments.enumerated() {
            slotTokens.append(weighsInput ? Int32(truncatingIfNeeded: slot) : assignment / perToken)
        }
    }

    /// Copies the tokens of each expert next to each other.
    private func gather(_ hidden: UnsafePointer<Float>, _ decision: RoutingDecision) {
        let width = weights.hiddenSize
        for (slot, assignment) in plan.assignments.enumerated() {
            let input = workspace.inputs.pointer + slot * width
            let token = hidden + Int(assignment) / decision.expertsPerToken * width
            if weighsInput {
                let weight = decision.weights[Int(assignment)]
                for i in 0..<width { input[i] = weight * token[i] }
            } else {
                input.update(from: token, count: width)
            }
        }
    }

    /// Gate and up projections with the activation.
    private func project() {
        // Rows whose activated numbers share a scale are of one unit.
        let together = max(roundedActivated?.forms.columnsOfScale ?? 0, Self.rowsPerUnit)
        roundsAtOnce = roundedActivated != nil && (together == Self.rowsPerUnit || !hasFewTokens)
        forEachUnit(each: roundsAtOnce ? together : Self.rowsPerUnit) { unit, worker in
            activate(unit, worker: worker)
        }
        if let roundedActivated, !roundsAtOnce {
            pool.round(
                workspace.activated.pointer, inputStride: weights.width, to: roundedActivated,
                tokens: plan.assignments.count)
        }
    }

    /// Whether no expert has so many tokens that arithmetic takes longer than reading its weights.
    private var hasFewTokens: Bool { mostTokens <= Self.fewTokens }

    /// Calls `body` with units that cover the rows of gate and up projections of every active expert.
    ///
    /// While experts have few tokens, memory is the limit, and a thread reads on through neighbouring rows. When one has
    /// many, units stay small, because a busy expert's rows cost more than others.
    private func forEachUnit(each rowsPerUnit: Int, _ body: (_ unit: Unit, _ worker: Int) -> Void) {
        let rows = weights.width
        let blocks = (rows + rowsPerUnit - 1) / rowsPerUnit
        let experts = plan.activeExperts
        func units(_ taken: Range<Int>, _ worker: Int) {
            var next = taken.lowerBound
            while next < taken.upperBound {
                let (index, block) = next.quotientAndRemainder(dividingBy: blocks)
                let end = min(block + taken.upperBound - next, blocks)
                let range = block * rowsPerUnit..<min(end * rowsPerUnit, rows)
                body(Unit(expert: experts[index], rows: range), worker)
                next += end - block
            }
        }
        if hasFewTokens {
            pool.forEach(count: experts.count * blocks, shrinkingTo: 1, units)
        } else {
            pool.forEach(count: experts.count * blocks, grain: 1, units)
        }
    }

    /// `activated[slot][rows] = activation(gate x, up x)`, rounded where the down projection is packed.
    private func activate(_ unit: Unit, worker: Int) {
        let slots = plan.slots(of: unit.expert)
        let height = unit.rows.count
        let panelBytes = Kernels.productScratchBytes(columns: weights.hiddenSize)
        let panel = pool.scratch(
            worker: worker, bytes: panelBytes + 2 * slots.count * height * MemoryLayout<Float>.stride)
        let beside = (panel + panelBytes).assumingMemoryBound(to: Float.self)
        var activated = beside + slots.count * height
        var stride = height
        if !roundsAtOnce {
            activated = workspace.activated.pointer + slots.lowerBound * weights.width + unit.rows.lowerBound
            stride = weights.width
        }
        widen(weights.activation.isGated ? .gate : .up, unit, into: activated, stride: stride, scratch: panel)
        if weights.activation.isGated { widen(.up, unit, into: beside, stride: height, scratch: panel) }
        for (token, slot) in slots.enumerated() {
            let numbers = activated + token * stride
            weights.activation.apply(numbers, beside + token * height, count: height, kernels: kernels)
            if let roundedActivated, roundsAtOnce {
                kernels.round(
                    numbers, count: height, to: roundedActivated, token: slot, column: unit.rows.lowerBound)
            }
        }
    }

    /// The projections from hidden states.
    private enum Widening {
        case gate, up
    }

    /// `output[token][rows] = matrix x + bias` for the tokens of the unit's expert.
    private func widen(
        _ projection: Widening, _ unit: Unit, into output: UnsafeMutablePointer<Float>, stride: Int,
        scratch: UnsafeMutableRawPointer
    ) {
        let slots = plan.slots(of: unit.expert)
        let packed = projection == .gate ? weights.packed.gate : weights.packed.up
        if let roundedInputs, !packed.isEmpty {
            slotTokens.withUnsafeBufferPointer { tokens in
                kernels.multiply(
                    packed: packed[unit.expert], rows: unit.rows, activations: roundedInputs,
                    order: UnsafeBufferPointer(rebasing: tokens[slots]), output: output, outputStride: stride)
            }
        } else {
            kernels.multiply(
                (projection == .gate ? weights.gate : weights.up)[unit.expert], rows: unit.rows,
                input: workspace.inputs.pointer + slots.lowerBound * weights.hiddenSize,
                inputStride: weights.hiddenSize, tokens: slots.count, output: output, outputStride: stride,
                scratch: scratch)
        }
        let biases = projection == .gate ? weights.biases?.gate : weights.biases?.up
        add(biases, unit, of: weights.width, to: output, stride: stride)
    }

    /// `output[token] = Σ weight · (down activated + bias)` over the experts of each token.
    private func combine(_ decision: RoutingDecision, into output: UnsafeMutablePointer<Float>) {
        let rows = weights.hiddenSize
        guard !hasFewTokens else {
            pool.forEach(count: rows, shrinkingTo: Self.rowsPerUnit / 2) { taken, worker in
                combine(rows: taken, each: taken.count, decision, into: output, worker: worker)
            }
            return
        }
        let share = rowsPerShare
        pool.forEach(count: rows, grain: share) { taken, worker in
            for start in stride(from: taken.lowerBound, to: taken.upperBound, by: share) {
                let mine = start..<min(start + share, taken.upperBound)
                combine(rows: mine, each: Self.rowsPerUnit, decision, into: output, worker: worker)
            }
        }
    }

    /// Rows of the output that a thread takes at once: many, because the inputs of all experts are read again for each
    /// share, but a few shares for each thread; of whole panels.
    private var rowsPerShare: Int {
        var rows = 4 * Self.rowsPerUnit
        while rows > PackedMatrix.panelRows, weights.hiddenSize < 4 * pool.threads * rows { rows /= 2 }
        return rows
    }

    /// Rows `rows` of all tokens' sums, `height` of them at once. Sums are next to each other until all experts have been
    /// added: far apart, they would share few places of the caches.
    private func combine(
        rows: Range<Int>, each height: Int, _ decision: RoutingDecision, into output: UnsafeMutablePointer<Float>,
        worker: Int
    ) {
        let panelBytes = Kernels.productScratchBytes(columns: weights.width)
        let floats = decision.tokens * rows.count + mostTokens * height
        let panel = pool.scratch(worker: worker, bytes: panelBytes + floats * MemoryLayout<Float>.stride)
        let sums = (panel + panelBytes).assumingMemoryBound(to: Float.self)
        let products = sums + decision.tokens * rows.count
        sums.update(repeating: 0, count: decision.tokens * rows.count)
        for expert in plan.activeExperts {
            for start in stride(from: rows.lowerBound, to: rows.upperBound, by: height) {
                let unit = Unit(expert: expert, rows: start..<min(start + height, rows.upperBound))
                projectDown(unit, into: products, scratch: panel)
                addWeighted(products, unit, decision, to: sums + start - rows.lowerBound, stride: rows.count)
            }
        }
        for token in 0..<decision.tokens {
            let place = output + token * weights.hiddenSize + rows.lowerBound
            place.update(from: sums + token * rows.count, count: rows.count)
        }
    }

    /// `sums[token] += weight · products[slot]` for the tokens of the unit's expert.
    private func addWeighted(
        _ products: UnsafePointer<Float>, _ unit: Unit, _ decision: RoutingDecision,
        to sums: UnsafeMutablePointer<Float>, stride: Int
    ) {
        let height = unit.rows.count
        for (index, slot) in plan.slots(of: unit.expert).enumerated() {
            let assignment = Int(plan.assignments[slot])
            let token = assignment / decision.expertsPerToken
            let weight = weighsInput ? 1 : decision.weights[assignment]
            kernels.addScaled(sums + token * stride, weight, products + index * height, count: height)
        }
    }

    /// `output[token] = (down activated + bias)[rows]` for the tokens of the unit's expert.
    private func projectDown(_ unit: Unit, into output: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer) {
        let slots = plan.slots(of: unit.expert)
        let height = unit.rows.count
        if let roundedActivated {
            kernels.multiply(
                packed: weights.packed.down[unit.expert], rows: unit.rows, activations: roundedActivated,
                tokens: slots, output: output, outputStride: height)
        } else {
            kernels.multiply(
                weights.down[unit.expert], rows: unit.rows,
                input: workspace.activated.pointer + slots.lowerBound * weights.width, inputStride: weights.width,
                tokens: slots.count, output: output, outputStride: height, scratch: scratch)
        }
        add(weights.biases?.down, unit, of: weights.hiddenSize, to: output, stride: height)
    }

    /// Adds the biases of the unit's rows, out of `perExpert` for each expert, to each of its tokens.
    private func add(
        _ biases: [Float]?, _ unit: Unit, of perExpert: Int, to output: UnsafeMutablePointer<Float>, stride: Int
    ) {
        biases?.withUnsafeBufferPointer { biases in
            guard let base = biases.baseAddress else { return }
            let start = base + unit.expert * perExpert + unit.rows.lowerBound
            for token in 0..<plan.slots(of: unit.expert).count {
                kernels.add(output + token * stride, start, count: unit.rows.count)
            }
        }
    }
}
