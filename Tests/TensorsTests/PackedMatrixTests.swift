import Randomness
import Tensors
import Testing

/// The formats that can be packed.
let packable: [ElementType] = [
    .q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .q4_K, .q5_K, .q6_K, .iq4_NL, .iq4_XS, .mxfp4, .bf16,
]

private struct ReadFailure: Error {}

private func bytes(_ region: ByteRegion) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: region.base, count: region.count))
}

@Suite struct PackedMatrixTests {
    @Test func whatCanBePacked() {
        for type in ElementType.allCases {
            #expect(PackedMatrix.canPack(type, columns: 512) == packable.contains(type), "\(type.name)")
            #expect(!PackedMatrix.canPack(type, columns: 48))
            #expect(!PackedMatrix.canPack(type, columns: 0))
            #expect(!PackedMatrix.canPack(type, columns: -256))
        }
        #expect(PackedMatrix.byteCount(.q8_0, rows: .max, columns: 1 << 40) == nil)
        #expect(PackedMatrix.byteCount(.q8_0, rows: 16, columns: .max / 32 * 32) == nil)
        #expect(PackedMatrix.byteCount(.q8_0, rows: -16, columns: 32) == nil)
    }

    @Test(arguments: packable)
    func takesHardlyMoreBytesThanTheFile(_ type: ElementType) throws {
        for columns in [2048, 2880 / type.blockElements * type.blockElements] {
            let file = try #require(type.byteCount(elements: columns)) * 64
            let packed = try #require(PackedMatrix.byteCount(type, rows: 64, columns: columns))
            #expect(Double(packed) <= 1.04 * Double(file), "\(columns) columns: \(packed) for \(file)")
        }
    }

    @Test(arguments: packable)
    func everyWayToPackGivesTheSameBytes(_ type: ElementType) throws {
        var random = SplitMix64(seed: 31)
        let weights = try #require(WeightMatrix.random(type, rows: 83, columns: 512, misalignment: 1, using: &random))
        let packed = try #require(PackedMatrix(packing: weights))
        let withPool = try #require(PackedMatrix(packing: weights, pool: ComputePool(threads: 2)))
        var most = 0
        let fromReads = try #require(
            PackedMatrix(type: type, rows: 83, columns: 512) { rows, buffer in
                most = max(most, rows.count)
                buffer.copyMemory(
                    from: .init(start: weights.row(rows.lowerBound), count: rows.count * weights.rowBytes))
            })
        #expect(most == 16)
        #expect(bytes(withPool.region) == bytes(packed.region))
        #expect(bytes(fromReads.region) == bytes(packed.region))
        #expect(packed.region.count == PackedMatrix.byteCount(type, rows: 83, columns: 512))
    }

    @Test func anArenaGivesEveryMatrixItsOwnBytes() throws {
        var random = SplitMix64(seed: 34)
        // Some share a chunk, some are larger than one.
        let arena = WeightArena(chunkBytes: 50_000)
        var matrices: [(own: PackedMatrix, shared: PackedMatrix)] = []
        for rows in [16, 40, 3, 900, 16, 17, 200] {
            let weights = try #require(WeightMatrix.random(.q4_1, rows: rows, columns: 96, using: &random))
            let shared = try #require(PackedMatrix(packing: weights, arena: arena))
            matrices.append((try #require(PackedMatrix(packing: weights)), shared))
            #expect(throws: ReadFailure.self) {
                _ = try PackedMatrix(type: .q4_0, rows: 40, columns: 64, arena: arena) { _, _ in throw ReadFailure() }
            }
        }
        for (own, shared) in matrices {
            #expect(UInt(bitPattern: shared.region.base).isMultiple(of: 64))
            #expect(bytes(own.region) == bytes(shared.region), "\(own.rows) rows")
        }
    }

    @Test func aFailedReadIsPassedOn() {
        #expect(throws: ReadFailure.self) {
            _ = try PackedMatrix(type: .q4_0, rows: 40, columns: 64) { rows, _ in
                if rows.lowerBound == 32 { throw ReadFailure() }
            }
        }
    }

    @Test func bytesThatWerePackedBeforeAreChecked() throws {
        var random = SplitMix64(seed: 32)
        let weights = try #require(WeightMatrix.random(.q5_K, rows: 40, columns: 256, using: &random))
        let region = try #require(PackedMatrix(packing: weights)).region
        #expect(PackedMatrix(type: .q5_K, rows: 40, columns: 256, region: region) != nil)
        #expect(PackedMatrix(type: .q5_K, rows: 33, columns: 256, region: region) != nil)
        #expect(PackedMatrix(type: .q5_K, rows: 32, columns: 256, region: region) == nil)
        #expect(PackedMatrix(type: .q5_K, rows: 40, columns: 255, region: region) == nil)
        #expect(PackedMatrix(type: .f32, rows: 40, columns: 256, region: region) == nil)
        let wide = ByteRegion(count: region.count + 32) { $0.initializeMemory(as: UInt8.self, repeating: 0, count: 32) }
        let moved = wide.slice(32..<32 + region.count)
        #expect(PackedMatrix(type: .q5_K, rows: 40, columns: 256, region: moved) == nil)
    }

    @Test func matricesThatCannotBePackedAreRefused() throws {
        var random = SplitMix64(seed: 33)
        let weights = try #require(WeightMatrix.random(.f16, rows: 16, columns: 64, using: &random))
        #expect(PackedMatrix(packing: weights) == nil)
        let unpackable = PackedMatrix(type: .q2_K, rows: 16, columns: 256) { _, _ in }
        #expect(unpackable == nil)
        let none = PackedMatrix(type: .q8_0, rows: 0, columns: 64) { _, _ in }
        #expect(none?.region.count == 0)
    }
}
