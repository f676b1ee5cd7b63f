import Foundation
import Randomness
import Tensors
import Testing

@Suite struct PagedAttentionTests {
    /// Random shapes, masks and contexts: near Float64 arithmetic with the numbers that are stored. Pages and scratch
    /// memory hold NaN where nothing was stored.
    @Test(arguments: everyKernels, KVCacheType.allCases)
    func agreesWithFloat64(_ kernels: Kernels, _ type: KVCacheType) {
        for seed in UInt64(0)..<40 {
            let scene = AttentionScene(seed: seed, type: type, isLatent: seed % 3 == 2)
            let difference = zip(scene.run(kernels), scene.exact()).map { abs(Double($0) - $1) }.max() ?? 0
            #expect(difference < scene.tolerance, "seed \(seed): \(difference)")
        }
    }

    /// AVX2 and AVX-512 give the same bits.
    @Test(arguments: KVCacheType.allCases) func vectorKernelsAgree(_ type: KVCacheType) {
        let vectors = everyKernels.filter { $0.instructionSet != .scalar }
        for seed in UInt64(100)..<130 {
            let scene = AttentionScene(seed: seed, type: type, isLatent: seed % 3 == 2)
            let results = vectors.map { scene.run($0) }
            for result in results { #expect(result == results.first, "seed \(seed)") }
        }
    }

    /// A row alone, and in a context that was cut at chunk borders, gives the bits it gives among others.
    @Test(arguments: everyKernels, KVCacheType.allCases)
    func rowsDoNotKnowOfEachOther(_ kernels: Kernels, _ type: KVCacheType) {
        for seed in UInt64(200)..<215 {
            let scene = AttentionScene(seed: seed, type: type, isLatent: seed % 3 == 2)
            let together = scene.run(kernels)
            let width = scene.heads * scene.shape.valueSize
            for row in 0..<scene.rows {
                let alone = scene.run(kernels, rows: row..<row + 1)
                #expect(alone == Array(together[row * width..<(row + 1) * width]), "seed \(seed) row \(row)")
            }
        }
    }

    /// A position that holds no numbers is nothing to the rows that do not see it, and NaN to the others.
    @Test(arguments: everyKernels, KVCacheType.allCases)
    func whatIsNotSeenIsNotAdded(_ kernels: Kernels, _ type: KVCacheType) {
        for seed in UInt64(400)..<440 {
            let scene = AttentionScene(seed: seed, type: type, isLatent: seed % 3 == 2)
            let position = scene.positions - 1 - Int(seed) % min(scene.positions, scene.rows + 3)
            let clean = scene.run(kernels), result = scene.withoutNumbers(at: position).run(kernels)
            let width = scene.heads * scene.shape.valueSize
            for row in 0..<scene.rows {
                let places = row * width..<(row + 1) * width
                if scene.sees(row, position) {
                    #expect(result[places].allSatisfy { $0.isNaN }, "seed \(seed) row \(row)")
                } else {
                    #expect(result[places] == clean[places], "seed \(seed) row \(row)")
                }
            }
        }
    }

    /// Page by page, going on with one state, gives the bits of a whole chunk.
    @Test(arguments: everyKernels, KVCacheType.allCases)
    func pagesOneByOneAreAChunk(_ kernels: Kernels, _ type: KVCacheType) {
        for seed in UInt64(300)..<320 {
            let scene = AttentionScene(seed: seed, type: type, isLatent: seed % 3 == 2)
            #expect(scene.run(kernels) == scene.run(kernels, step: KVPageShape.positions), "seed \(seed)")
        }
    }

    /// A query without any position in sight gives zeros, and adds nothing to what came before.
    @Test(arguments: everyKernels) func nothingSeenIsZero(_ kernels: Kernels) {
        let shape = KVPageShape(type: .f16, heads: 1, keySize: 24, valueSize: 24)
        let page = FloatBuffer(count: shape.bytes / 4)
        page.elements.update(repeating: .nan)
        let queries = FloatBuffer(count: 24)
        let scratch = FloatBuffer(count: Kernels.attentionScratch(shape, count: 1))
        let storage = FloatBuffer(count: AttentionState.floats(count: 1, stride: shape.valueStride))
        let state = AttentionState(storage.pointer, count: 1)
        let pages = [UnsafeRawPointer(page.pointer)] as [UnsafeRawPointer?]
        defer { withExtendedLifetime((page, queries, scratch, storage)) {} }
        // The position 70 sees two positions, 69 and 70, which are on the second page.
        kernels.attend(
            shape, head: 0,
            queries: AttentionQueries(
                vectors: queries.pointer, rows: 1, heads: 1, position: 70, mask: .window(2)),
            pages: pages, positions: 0..<64, scratch: scratch.pointer, state: state)
        for sinks in [nil, FloatBuffer(count: 1)] {
            let output = FloatBuffer(count: 24)
            output.elements.update(repeating: 7)
            kernels.finish(
                state, shape, rows: 1, heads: 1, sinks: sinks?.pointer, output: output.pointer, rowStride: 24)
            #expect(output.elements.allSatisfy { $0 == 0 })
        }
    }

    /// Numbers beyond float16's range become its largest; what is not a number stays one.
    @Test(arguments: everyKernels) func float16DoesNotOverflow(_ kernels: Kernels) {
        let shape = KVPageShape(type: .f16, heads: 1, keySize: 4, valueSize: 4)
        let page = FloatBuffer(count: shape.bytes / 4)
        let value: [Float] = [1e6, -.infinity, 65519, .nan]
        kernels.store(shape, page: page.pointer, slot: 0, keys: [0, 0, 0, 0], values: value)
        defer { withExtendedLifetime(page) {} }
        let stored = UnsafeRawPointer(page.pointer) + 4 * 64 * 2
        let read = (0..<4).map { Float(Float16(bitPattern: stored.load(fromByteOffset: 2 * $0, as: UInt16.self))) }
        #expect(read[0] == 65504 && read[1] == -65504 && read[2] == 65504 && read[3].isNaN)
    }

    /// What eight bits cannot say is NaN for its own group of 64 numbers only.
    @Test(arguments: everyKernels) func eightBitsSayWhatIsNotFinite(_ kernels: Kernels) {
        let shape = KVPageShape(type: .q8, heads: 1, keySize: 80, valueSize: 80)
        let page = FloatBuffer(count: shape.bytes / 4)
        var value = [Float](repeating: 0.5, count: 80)
        value[70] = .infinity
        kernels.store(shape, page: page.pointer, slot: 0, keys: [Float](repeating: 0, count: 80), values: value)
        let output = AttentionScene.attend(
            kernels, shape, page: page, queries: FloatBuffer(count: 80), positions: 1)
        #expect(output[..<64].allSatisfy { $0 == 0.5 })
        #expect(output[64...].allSatisfy { $0.isNaN })
    }

    /// Scores so far apart that all but one weight vanish, and so large that their exponentials would overflow.
    @Test(arguments: everyKernels, KVCacheType.allCases) func largeScoresChooseOne(
        _ kernels: Kernels, _ type: KVCacheType
    ) {
        let shape = KVPageShape(type: type, heads: 1, keySize: 16, valueSize: 16)
        let page = FloatBuffer(count: shape.bytes / 4)
        let queries = FloatBuffer(count: 16)
        queries.elements.update(repeating: 100)
        for slot in 0..<40 {
            let size = Float(slot == 17 ? 90 : slot)
            kernels.store(
                shape, page: page.pointer, slot: slot, keys: [Float](repeating: size, count: 16),
                values: [Float](repeating: size, count: 16))
        }
        let output = AttentionScene.attend(kernels, shape, page: page, queries: queries, positions: 40)
        #expect(output.allSatisfy { abs($0 - 90) < 1e-4 })
    }
}
