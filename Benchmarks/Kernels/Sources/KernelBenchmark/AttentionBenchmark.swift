import Randomness
import Tensors

/// Attention over a KV cache beside the machine's limits: reading memory for decode, float32 products in the cache for
/// prefill.
struct AttentionBenchmark {
    let pool: ComputePool
    let runs: Int

    private static let grouped = [1, 2, 4, 8]
    private static let contexts = [4096, 16384, 32768]

    func run() {
        decode()
        latent()
        prefill()
    }

    /// One token's attention to a long context, head size 128: GB/s of keys and values.
    private func decode() {
        let probed = FloatBuffer(count: 64 << 20)
        probed.elements.update(repeating: 1)
        print("Decode, GB/s of keys and values (share of a plain read), head size 128\n")
        table(["cache, query heads for each key"] + Self.contexts.map { "\($0 / 1024) k" })
        for type in KVCacheType.allCases {
            for group in Self.grouped {
                let shape = KVPageShape(type: type, heads: 4, keySize: 128, valueSize: 128)
                let cells = Self.contexts.map { positions in
                    let scene = AttentionWorkload(
                        shape, positions: positions, heads: group, rows: 1, blocks: blocks(shape, positions))
                    let rate = measure(runs: runs, work: { scene.decode(pool) }, probe: { read(probed) })
                    return cell(rate, unit: 1e9)
                }
                table(["\(type.rawValue), \(group)"] + cells)
            }
        }
        print("")
    }

    /// Multi-head latent attention of DeepSeek-V2-Lite's size: arithmetic is the limit.
    private func latent() {
        print("Decode, latent attention (512 + 64 numbers, 16 heads), Gop/s (share of products in the cache)\n")
        table(["cache"] + Self.contexts.map { "\($0 / 1024) k" })
        for type in KVCacheType.allCases {
            let shape = KVPageShape(type: type, heads: 1, keySize: 576, valueSize: 512, isLatent: true)
            let cells = Self.contexts.map { positions in
                let scene = AttentionWorkload(
                    shape, positions: positions, heads: 16, rows: 1, blocks: blocks(shape, positions))
                let rate = measure(
                    runs: runs, work: { scene.decode(pool) * scene.operationsPerByte }, probe: { multiply() })
                return cell(rate, unit: 1e9)
            }
            table([type.rawValue] + cells)
        }
        print("")
    }

    /// The last 512 tokens of a prompt, 8 query heads and 4 key-value heads of size 128.
    private func prefill() {
        print("Prefill of 512 tokens, Gop/s (share of products in the cache)\n")
        table(["cache"] + [512, 4096, 16384].map { "to \($0)" })
        for type in KVCacheType.allCases {
            let shape = KVPageShape(type: type, heads: 4, keySize: 128, valueSize: 128)
            let cells = [512, 4096, 16384].map { positions in
                let scene = AttentionWorkload(shape, positions: positions, heads: 2, rows: 24, blocks: 1)
                let rate = measure(runs: runs, work: { scene.prefill(pool, tokens: 512) }, probe: { multiply() })
                return cell(rate, unit: 1e9)
            }
            table([type.rawValue] + cells)
        }
        print("")
    }

    /// Blocks of a model that together are larger than the caches.
    private func blocks(_ shape: KVPageShape, _ positions: Int) -> Int {
        max((192 << 20) / (KVPageShape.pages(positions) * shape.bytes), 1)
    }

    private func read(_ bytes: FloatBuffer) -> Double {
        let share = bytes.count / pool.threads
        pool.run { worker in
            _ = Kernels.selected.readProbe(bytes.pointer + worker * share, count: share * MemoryLayout<Float>.stride)
        }
        return Double(share * pool.threads * MemoryLayout<Float>.stride)
    }

    /// Float32 products of matrices that stay in the cache, with sums so long that little but multiply-adds is left.
    private func multiply() -> Double {
        let rows = 24, columns = 24, length = 2048, rounds = 100
        pool.run { _ in
            let left = FloatBuffer(count: rows * length), right = FloatBuffer(count: columns * length)
            let output = FloatBuffer(count: rows * columns)
            defer { withExtendedLifetime((left, right, output)) {} }
            for _ in 0..<rounds {
                Kernels.selected.products(
                    of: left.pointer, stride: length, rows: rows, with: right.pointer, stride: length, count: columns,
                    length: length, into: output.pointer, stride: rows)
            }
        }
        return Double(2 * rows * columns * length * rounds * pool.threads)
    }

    private func cell(_ rate: Rate, unit: Double) -> String {
        "\((rate.median / unit * 10).rounded() / 10) (\(Int((rate.share * 100).rounded())) %)"
    }

    private func table(_ cells: [String]) { print("| " + cells.joined(separator: " | ") + " |") }
}
