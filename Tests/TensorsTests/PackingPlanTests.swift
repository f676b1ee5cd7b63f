import Randomness
import Tensors
import Testing

@Suite struct PackingPlanTests {
    /// Matrices of all kinds, some of no rows and some that cannot be packed, in an order that is not that of their
    /// addresses.
    private func matrices(seed: UInt64) throws -> [WeightMatrix] {
        var random = SplitMix64(seed: seed)
        let types = packable + [.f32, .q3_K]
        return try (0..<40).map { _ in
            let type = types[Int(random.next() % UInt64(types.count))]
            let rows = [0, 1, 15, 16, 17, 83, 400, 2100][Int(random.next() % 8)]
            return try #require(WeightMatrix.random(type, rows: rows, columns: 512, using: &random))
        }
    }

    @Test(arguments: [1, 2, 5])
    func everyMatrixIsPackedAsByItself(threads: Int) throws {
        let seed = UInt64(40 + threads)
        let all = try matrices(seed: seed)
        var plan = PackingPlan()
        let places = all.map { plan.add($0) }
        var shares: [Double] = []
        let stretch = plan.pack(pool: ComputePool(threads: threads)) { shares.append($0) }
        #expect(stretch.count == plan.byteCount)
        for (matrix, place) in zip(all, places) {
            guard let alone = PackedMatrix(packing: matrix) else {
                #expect(place == nil, "seed \(seed): \(matrix.type.name) cannot be packed")
                continue
            }
            let packed = plan.matrix(try #require(place), in: stretch)
            #expect(
                bytes(packed.region) == bytes(alone.region), "seed \(seed): \(matrix.type.name), \(matrix.rows) rows")
            #expect(packed.rows == matrix.rows && packed.columns == matrix.columns && packed.type == matrix.type)
        }
        #expect(shares == shares.sorted() && (shares.last ?? 0) <= 1)
    }

    @Test func aPlanOfNothingIsEmpty() {
        #expect(PackingPlan().pack(pool: ComputePool(threads: 2)).count == 0)
    }

    private func bytes(_ region: ByteRegion) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: region.base, count: region.count))
    }
}
