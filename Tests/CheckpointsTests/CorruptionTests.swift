import Checkpoints
import Foundation
import Randomness
import Tensors
import Testing

/// Damaged files are refused or, where the damage makes another valid file, read; nothing traps, reads outside the file
/// or takes memory. Each sweep runs in a process of its own with 32 MiB to spare, the bytes in front of a guard page.
@Suite struct CorruptionTests {
    @Test(.timeLimit(.minutes(1))) func everyHeaderByteOfGGUF() async {
        await #expect(processExitsWith: .success) {
            let sample = GGUFBytes.sample()
            let corruption = Corruption(headerCount: sample.header.count, file: sample.file)
            try boundMemory(toFurther: 32 << 20)
            let counts = corruption.sweepValues { Exercise.gguf($0) }
            // Both kinds must occur, or the sweep has tested nothing.
            #expect(counts.accepted > 1000 && counts.refused > 1000, "\(counts)")
        }
    }

    @Test(.timeLimit(.minutes(1))) func everyLengthOfGGUF() async {
        await #expect(processExitsWith: .success) {
            let sample = GGUFBytes.sample()
            let corruption = Corruption(headerCount: 0, file: sample.file)
            try boundMemory(toFurther: 32 << 20)
            #expect(corruption.acceptedLengths { Exercise.gguf($0) } == [])
        }
    }

    @Test(.timeLimit(.minutes(1))) func everyHeaderByteOfSafetensors() async {
        await #expect(processExitsWith: .success) {
            let corruption = Corruption(headerCount: sampleSafetensors.count - 38, file: sampleSafetensors)
            try boundMemory(toFurther: 32 << 20)
            let counts = corruption.sweepValues { Exercise.safetensors($0) }
            #expect(counts.accepted > 100 && counts.refused > 1000, "\(counts)")
        }
    }

    @Test(.timeLimit(.minutes(1))) func everyLengthOfSafetensors() async {
        await #expect(processExitsWith: .success) {
            let corruption = Corruption(headerCount: 0, file: sampleSafetensors)
            try boundMemory(toFurther: 32 << 20)
            #expect(corruption.acceptedLengths { Exercise.safetensors($0) } == [])
        }
    }

    /// Several bytes at once, anywhere, with all the structure of a real header around them.
    @Test(.timeLimit(.minutes(1)), arguments: [1, 2, 3] as [UInt64]) func randomDamage(seed: UInt64) {
        let sample = GGUFBytes.sample()
        for (file, headerCount, parse) in [
            (sample.file, sample.header.count, Exercise.gguf),
            (sampleSafetensors, sampleSafetensors.count - 38, Exercise.safetensors),
        ] {
            var random = SplitMix64(seed: seed)
            let memory = GuardedBytes(capacity: file.count)
            var refused = 0
            for _ in 0..<10_000 {
                var damaged = file
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    damaged[Int.random(in: 0..<headerCount, using: &random)] = .random(in: 0...255, using: &random)
                }
                if !parse(memory.region(damaged)) { refused += 1 }
            }
            #expect(refused > 1000, "seed \(seed)")
        }
    }
}

/// Opens a file and touches everything it offers. True if it was accepted.
enum Exercise {
    static func gguf(_ bytes: ByteRegion) -> Bool {
        guard let file = try? GGUFFile(bytes: bytes, name: "damaged") else { return false }
        for value in file.metadata.values {
            if let array = value.arrayValue { decode(array) }
        }
        touch(file)
        return true
    }

    static func safetensors(_ bytes: ByteRegion) -> Bool {
        guard let file = try? SafetensorsFile(bytes: bytes, name: "damaged") else { return false }
        for name in file.tensorNames { _ = try? file.integers(name) }
        touch(file)
        return true
    }

    private static func touch(_ source: some TensorSource) {
        for name in source.tensorNames { _ = try? source.tensor(name) }
        for entry in source.entries { _ = entry.region.array }
    }

    private static func decode(_ array: MetadataArray) {
        switch array.elementType {
        case .string: #expect(array.strings?.count == array.count)
        case .bool: #expect(array.bools?.count == array.count)
        case .float32, .float64: #expect(array.floats?.count == array.count)
        case .array:
            #expect(array.nested?.count == array.count)
            array.nested?.forEach(decode)
        default: #expect(array.ints?.count == array.count || array.uints?.count == array.count)
        }
    }
}
