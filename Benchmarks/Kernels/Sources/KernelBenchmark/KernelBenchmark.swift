import Tensors

/// Products with packed weights beside the machine's limits: reading memory for few tokens, exact sums in registers for
/// many. `swift run -c release KernelBenchmark [FORMAT ...]`, for example `Q4_K`; `ATTENTION` measures that instead.
/// GUILDHALL_ISA chooses the kernels.
@main struct KernelBenchmark {
    private static let formats: [ElementType] = [.q8_0, .q4_0, .q4_K, .q5_K, .q6_K, .mxfp4, .bf16]
    /// More than the caches of one machine hold.
    private static let workingSet = 256 << 20
    private static let runs = 15

    static func main() {
        let names = CommandLine.arguments.dropFirst().map { $0.uppercased() }
        if names == ["ATTENTION"] { return attention() }
        let chosen = formats.filter { names.isEmpty || names.contains($0.name) }
        guard !chosen.isEmpty else { return print("formats: \(formats.map(\.name).joined(separator: ", "))") }
        let counts = ComputePool.availableProcessors > 1 ? [1, 2] : [1]
        print("instructions: \(Kernels.selected.instructionSet.rawValue); medians of \(runs) runs\n")
        for threads in counts {
            let pool = ComputePool(threads: threads)
            print("## \(threads) thread\(threads == 1 ? "" : "s")\n")
            fewTokens(chosen, pool)
            manyTokens(chosen, pool)
        }
    }

    private static func attention() {
        for threads in ComputePool.availableProcessors > 1 ? [1, 2] : [1] {
            print("## \(Kernels.selected.instructionSet.rawValue), \(threads) thread\(threads == 1 ? "" : "s")\n")
            AttentionBenchmark(pool: ComputePool(threads: threads), runs: 5).run()
        }
    }

    /// One to eight tokens, limited by memory at first.
    private static func fewTokens(_ formats: [ElementType], _ pool: ComputePool) {
        let probed = FloatBuffer(count: workingSet / 4)
        for i in 0..<probed.count { probed.pointer[i] = 1 }
        print("GB/s of weights from memory, [2048 x 2048] (share of a plain read)\n")
        row(["tokens", "1", "2", "4", "8"])
        row([String](repeating: "---", count: 5))
        for type in formats {
            guard let weights = Weights(type, rows: 2048, columns: 2048, filling: workingSet) else { continue }
            let cells = [1, 2, 4, 8].map { tokens in
                var products = Products(weights, tokens: tokens)
                let rate = measure(
                    runs: runs, work: { products.run(weights.matrices.count, pool).bytes },
                    probe: { read(probed, pool) })
                return cell(rate, unit: 1e9, digits: 1)
            }
            row([type.name] + cells)
        }
        print("")
    }

    /// What an expert or a dense layer does in prefill, limited by arithmetic.
    private static func manyTokens(_ formats: [ElementType], _ pool: ComputePool) {
        for (rows, columns) in [(1024, 2048), (2048, 1024), (2048, 2048)] {
            print("Gop/s, [\(rows) x \(columns)] (share of sums in registers)\n")
            row(["tokens", "16", "36", "132", "512"])
            row([String](repeating: "---", count: 5))
            for type in formats {
                guard let weights = Weights(type, rows: rows, columns: columns, filling: workingSet / 4)
                else { continue }
                let cells = [16, 36, 132, 512].map { tokens in
                    // About 5 milliseconds of one thread.
                    let some = max(2_000_000_000 / (2 * rows * columns * tokens), 1)
                    var products = Products(weights, tokens: tokens)
                    let rate = measure(
                        runs: runs, work: { products.run(some, pool).operations },
                        probe: { sumInRegisters(weights.form, pool) })
                    return cell(rate, unit: 1e9, digits: 0)
                }
                row([type.name] + cells)
            }
            print("")
        }
    }

    /// Every worker reads its part.
    private static func read(_ bytes: FloatBuffer, _ pool: ComputePool) -> Int {
        let share = bytes.count / pool.threads
        pool.run { worker in
            _ = Kernels.selected.readProbe(bytes.pointer + worker * share, count: share * MemoryLayout<Float>.stride)
        }
        return share * pool.threads * MemoryLayout<Float>.stride
    }

    /// Every worker does the same.
    private static func sumInRegisters(_ form: RoundedForms, _ pool: ComputePool) -> Int {
        let rounds = 1_000_000
        pool.run { _ in _ = Kernels.selected.productProbe(rounds: rounds, form: form) }
        return pool.threads * Kernels.selected.productProbe(rounds: 1, form: form) * rounds
    }

    private static func cell(_ rate: Rate, unit: Double, digits: Int) -> String {
        let scale = digits == 0 ? 1.0 : 10
        let value = (rate.median / unit * scale).rounded() / scale
        return "\(digits == 0 ? String(Int(value)) : String(value)) (\(Int((rate.share * 100).rounded())) %)"
    }

    private static func row(_ cells: [String]) { print("| " + cells.joined(separator: " | ") + " |") }
}
