import Checkpoints
import Foundation
import Models
import Tensors
import Testing

/// Weights from the cache are those that packing makes, bit for bit.
@Suite struct PackedCacheTests {
    @Test(arguments: [ElementType.q8_0, .bf16, .q4_0], ["olmoe", "deepseek_v2", "gpt_oss"])
    func theNextStartMapsWhatTheFirstPacked(type: ElementType, family: String) throws {
        let checkpoint = try CachedCheckpoint(type: type, family: family)
        let reference = try checkpoint.run(nil).logits
        let first = try checkpoint.run(checkpoint.cache)
        #expect(first.steps == [.packing, .writing])
        let next = try checkpoint.run(checkpoint.cache)
        #expect(next.steps == [], "nothing is packed")
        var careful = checkpoint.cache
        careful.verifies = true
        let verified = try checkpoint.run(careful)
        #expect(verified.steps == [])
        #expect(first.logits == reference && next.logits == reference && verified.logits == reference)
        #expect(checkpoint.notices() == [])
        #expect(try checkpoint.names() == [URL(fileURLWithPath: checkpoint.file).lastPathComponent])
    }

    /// The file holds the matrices as `PackedMatrix` packs them, at a huge page.
    @Test func theFileHoldsTheBytesOfThePackedMatrices() throws {
        let checkpoint = try CachedCheckpoint()
        _ = try checkpoint.run(checkpoint.cache)
        let data = try Data(contentsOf: URL(fileURLWithPath: checkpoint.file))
        let matrices = data[(2 << 20)...]
        let file = try GGUFFile(path: checkpoint.path)
        var total = 0
        for tensor in file.tensors where tensor.type == .q8_0 && tensor.name != "token_embd.weight" {
            let rows = tensor.shape[tensor.shape.count - 2], columns = tensor.shape[tensor.shape.count - 1]
            let expert = rows * (tensor.type.byteCount(elements: columns) ?? 0)
            for start in stride(from: 0, to: tensor.region.count, by: expert) {
                let matrix = try #require(
                    WeightMatrix(
                        type: .q8_0, rows: rows, columns: columns, region: tensor.region.slice(start..<start + expert)))
                let packed = try #require(PackedMatrix(packing: matrix)).region
                #expect(matrices.range(of: Data(bytes: packed.base, count: packed.count)) != nil, "\(tensor.name)")
                total += packed.count
            }
        }
        #expect(matrices.count == total)
    }

    @Test func aChangedCheckpointIsPackedAnew() throws {
        let checkpoint = try CachedCheckpoint()
        _ = try checkpoint.run(checkpoint.cache)
        // As large, and as old as the file before; the numbers differ.
        let url = URL(fileURLWithPath: checkpoint.path)
        let age = try FileManager.default.attributesOfItem(atPath: checkpoint.path)[.modificationDate]
        var data = try Data(contentsOf: url)
        let middle = try #require(GGUFFile(path: checkpoint.path).entries.first { $0.typeName == "Q8_0" })
        for i in middle.offset..<data.count where i % 34 == 5 { data[i] ^= 1 }
        try FileManager.default.removeItem(at: url)
        try data.write(to: url)
        try FileManager.default.setAttributes([.modificationDate: try #require(age)], ofItemAtPath: checkpoint.path)
        let reference = try checkpoint.run(nil).logits
        let anew = try checkpoint.run(checkpoint.cache)
        #expect(anew.logits == reference)
        #expect(anew.steps == [.packing, .writing])
        #expect(checkpoint.notices().joined().contains("was made of another checkpoint"))
        // Its file is in the place of the old one.
        #expect(try checkpoint.run(checkpoint.cache).steps == [])
        #expect(try checkpoint.names().count == 1)
    }

    @Test func aCheckpointWithAnotherTimeIsPackedAnew() throws {
        let checkpoint = try CachedCheckpoint()
        _ = try checkpoint.run(checkpoint.cache)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceReferenceDate: 1)], ofItemAtPath: checkpoint.path)
        #expect(try checkpoint.run(checkpoint.cache).steps == [.packing, .writing])
        #expect(checkpoint.notices().joined().contains("was made of another checkpoint"))
    }

    @Test func writersAtTheSameTimeLeaveOneGoodFile() async throws {
        let checkpoint = try CachedCheckpoint()
        let reference = try checkpoint.run(nil).logits
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask { try checkpoint.run(checkpoint.cache).logits == reference }
            }
            for try await isRight in group { #expect(isRight) }
        }
        #expect(checkpoint.notices() == [])
        #expect(try checkpoint.names().count == 1)
        #expect(try checkpoint.run(checkpoint.cache).steps == [])
    }

    @Test func whatAKilledWriterLeftIsRemoved() throws {
        let checkpoint = try CachedCheckpoint()
        _ = try checkpoint.run(checkpoint.cache)
        try FileManager.default.removeItem(atPath: checkpoint.file)
        let name = URL(fileURLWithPath: checkpoint.file).lastPathComponent
        let left = checkpoint.cache.folder + "/.\(name).1.0.partial"
        try Data([1]).write(to: URL(fileURLWithPath: left))
        // One that is still being written: this process holds it open.
        let other = try CheckpointOutput(path: checkpoint.file)
        #expect(try checkpoint.names().count == 2)
        #expect(try checkpoint.run(checkpoint.cache).steps == [.packing, .writing])
        #expect(!FileManager.default.fileExists(atPath: left))
        #expect(try checkpoint.names().count == 2)
        #expect(other.offset == 0)
    }

    /// Files without quantised matrices have nothing to keep.
    @Test func nothingIsWrittenWhereNothingIsPacked() throws {
        let checkpoint = try CachedCheckpoint(type: .f32)
        #expect(try checkpoint.run(checkpoint.cache).steps == [])
        #expect(!FileManager.default.fileExists(atPath: checkpoint.cache.folder))
    }
}
