import Foundation
import Models
import Randomness
import Tensors
import Testing

/// Whatever lies in the cache's folder, the model answers as without it, and the user is told why.
@Suite struct HostilePackedCacheTests {
    /// A way to spoil a file, and what is said of it.
    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let message: String
        let change: @Sendable (inout Data) -> Void

        init(_ name: String, _ message: String, _ change: @escaping @Sendable (inout Data) -> Void) {
            testDescription = name
            self.message = message
            self.change = change
        }
    }

    static let damages = [
        Damage("empty", "is empty") { $0 = Data() },
        Damage("three bytes", "is no packed cache") { $0 = $0.prefix(3) },
        Damage("the magic alone", "has a damaged header") { $0 = $0.prefix(8) },
        Damage("half a header", "instead of") { $0 = $0.prefix(200) },
        Damage("one byte less", "instead of") { $0 = $0.dropLast() },
        Damage("one byte more", "instead of") { $0.append(0) },
        Damage("something else", "is no packed cache") {
            $0.replaceSubrange(0..<8, with: Data("GGUF\u{3}\0\0\0".utf8))
        },
        Damage("another version", "is of version 2, not 1") { $0[8] = 2 },
        Damage("another machine's layout", "another version of this program or for another machine") { $0[16] ^= 1 },
        Damage("another checkpoint", "another checkpoint") { $0[31] ^= 0x80 },
        Damage("another size", "has a damaged header") { $0[32] ^= 1 },
        Damage("a huge size", "has a damaged header") {
            $0.replaceSubrange(32..<40, with: Data(repeating: 0xFF, count: 8))
        },
        Damage("another number of matrices", "has a damaged header") { $0[40] += 1 },
        Damage("another type", "has a damaged header") { $0[48] ^= 2 },
        Damage("other rows", "has a damaged header") { $0[56] ^= 16 },
    ]

    @Test(arguments: damages)
    func damagedFilesAreReplaced(_ damage: Damage) throws {
        let checkpoint = try CachedCheckpoint()
        let reference = try checkpoint.run(checkpoint.cache).logits
        try checkpoint.damage(damage.change)
        let anew = try checkpoint.run(checkpoint.cache)
        #expect(anew.logits == reference)
        #expect(anew.steps == [.packing, .writing])
        let notices = checkpoint.notices()
        #expect(notices.count == 1 && notices.joined().contains(damage.message), "\(notices)")
        #expect(notices.joined().contains(checkpoint.file))
        #expect(try checkpoint.run(checkpoint.cache).steps == [], "the new file is good")
        #expect(checkpoint.notices() == [])
    }

    /// No byte of a header may change without being noticed.
    @Test func everyByteOfTheHeaderCounts() throws {
        let checkpoint = try CachedCheckpoint()
        _ = try checkpoint.run(checkpoint.cache)
        let whole = try Data(contentsOf: URL(fileURLWithPath: checkpoint.file))
        let matrices = whole[40..<48].withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
        // The matrices of this model are below 16 MiB: one checksum.
        let headerBytes = 48 + 24 * matrices + 8 + 8 + 8
        var random = SplitMix64(seed: 71)
        for _ in 0..<40 {
            let byte = Int(random.next() % UInt64(headerBytes)), bit = UInt8(1) << UInt8(random.next() % 8)
            try checkpoint.damage { $0[byte] ^= bit }
            #expect(
                try checkpoint.run(checkpoint.cache).steps == [.packing, .writing],
                "seed 71: bit \(bit) of byte \(byte)")
        }
    }

    @Test func damagedNumbersAreFoundWhereThatIsAskedFor() throws {
        let checkpoint = try CachedCheckpoint()
        let reference = try checkpoint.run(checkpoint.cache).logits
        try checkpoint.damage { $0[$0.count - 1000] ^= 4 }
        var careful = checkpoint.cache
        careful.verifies = true
        let anew = try checkpoint.run(careful)
        #expect(anew.logits == reference)
        #expect(anew.steps == [.packing, .writing])
        #expect(checkpoint.notices().joined().contains("is damaged behind byte \(2 << 20)"))
        #expect(try checkpoint.run(careful).steps == [])
    }

    @Test func aFullDiskIsLeftAlone() throws {
        let checkpoint = try CachedCheckpoint()
        var cache = checkpoint.cache
        cache.freeBytes = { _ in 1000 }
        let (logits, _) = try checkpoint.run(cache)
        #expect(logits == (try checkpoint.run(nil).logits))
        #expect(checkpoint.notices().joined().contains("but its disk has 1000 left"))
        #expect(try checkpoint.names() == [])
    }

    /// Writing may fail where that could not be foreseen.
    @Test func aFolderThatCannotBeWrittenToIsNoHindrance() throws {
        let checkpoint = try CachedCheckpoint()
        let reference = try checkpoint.run(nil).logits
        // `/proc` takes no files, not even those of the superuser; a file is no folder.
        for folder in ["/proc", checkpoint.path, checkpoint.path + "/within"] {
            var cache = PackedCache(folder: folder)
            cache.notice = checkpoint.cache.notice
            cache.freeBytes = { _ in nil }
            #expect(try checkpoint.run(cache).logits == reference)
            let notices = checkpoint.notices()
            #expect(notices.count == 1 && notices.joined().contains("packed cache cannot be written"), "\(notices)")
        }
    }

    @Test func somethingElseInTheFilesPlaceIsNoHindrance() throws {
        let checkpoint = try CachedCheckpoint()
        let reference = try checkpoint.run(nil).logits
        try FileManager.default.createDirectory(atPath: checkpoint.file, withIntermediateDirectories: true)
        #expect(try checkpoint.run(checkpoint.cache).logits == reference)
        let notices = checkpoint.notices().joined()
        #expect(notices.contains("is not a regular file") && notices.contains("cannot rename"), "\(notices)")
        #expect(try checkpoint.names().count == 1)
    }
}
