import Activations
import Foundation
import Randomness
import Testing

/// Damage to one part of a trace costs that part, by name; the rest is read as it was written.
@Suite struct DamagedTraceTests {
    private static let shape = TraceShape(blocks: [0, 2], expertCount: 8, topK: 2)

    /// A trace of three segments of four requests each.
    private func makeTrace(seed: UInt64, weights: Bool = false) throws -> (TemporaryFolder, [RequestTrace]) {
        var random = SplitMix64(seed: seed)
        let folder = try TemporaryFolder()
        let requests = (0..<12).map { index in
            var request = RequestTrace.random(Self.shape, &random, weights: weights)
            while request.experts.isEmpty { request = .random(Self.shape, &random, weights: weights) }
            request.id = "request-\(index)"
            return request
        }
        var writer = try TraceWriter(folder: folder.path, shape: Self.shape)
        for (index, request) in requests.enumerated() {
            _ = try writer.append(request)
            if index % 4 == 3 { try writer.flush() }
        }
        return (folder, requests)
    }

    enum Harm: CaseIterable {
        case removed, emptied, cutShort, cutToHeader, replaced, folder
    }

    @Test(arguments: Harm.allCases) func aLostSegmentIsNamed(harm: Harm) throws {
        let (folder, requests) = try makeTrace(seed: 1)
        defer { folder.remove() }
        let name = "segment-00001.safetensors"
        let bytes = try folder.read(name)
        switch harm {
        case .removed: try FileManager.default.removeItem(atPath: folder.path + "/" + name)
        case .emptied: try folder.write(name, [])
        case .cutShort: try folder.write(name, Array(bytes.dropLast()))
        case .cutToHeader: try folder.write(name, Array(bytes.prefix(100)))
        case .replaced: try folder.write(name, [UInt8](repeating: 0x5a, count: bytes.count))
        case .folder:
            try FileManager.default.removeItem(atPath: folder.path + "/" + name)
            try FileManager.default.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: false)
        }
        let (read, damages) = try openTrace(path: folder.path).readAll()
        #expect(read == Array(requests[..<4] + requests[8...]))
        #expect(damages.map(\.error.file) == [folder.path + "/" + name])
        #expect(damages.map(\.requests) == [4])
        #expect(damages.first?.description.hasSuffix("(4 requests skipped)") == true)
    }

    @Test(arguments: [false, true]) func oneFlippedBitCostsOneRequest(weights: Bool) throws {
        let (folder, requests) = try makeTrace(seed: 2, weights: weights)
        defer { folder.remove() }
        let name = "segment-00002.safetensors"
        var bytes = try folder.read(name)
        // Experts are at the end of the file, the last request's last.
        bytes[bytes.count - 1] ^= 1
        try folder.write(name, bytes)
        let (read, damages) = try openTrace(path: folder.path).readAll()
        #expect(read == Array(requests.dropLast()))
        #expect(damages.map(\.error.item) == ["request-11"])
        #expect(damages.map(\.requests) == [1])
    }

    /// Whatever happens to the bytes of segments, what is read is what was written, and what is not read is named.
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64]) func nothingFalseIsRead(seed: UInt64) throws {
        let (folder, requests) = try makeTrace(seed: seed, weights: seed.isMultiple(of: 2))
        defer { folder.remove() }
        var random = SplitMix64(seed: seed)
        let name = "segment-00001.safetensors"
        let bytes = try folder.read(name)
        var named = 0
        for _ in 0..<300 {
            try folder.write(name, mutated(bytes, &random))
            let (read, damages) = try openTrace(path: folder.path).readAll()
            #expect(read.allSatisfy(requests.contains), "seed \(seed)")
            let lost = damages.reduce(0) { $0 + ($1.requests ?? 0) }
            #expect(read.count + lost == requests.count, "seed \(seed)")
            named += damages.isEmpty ? 0 : 1
        }
        #expect(named > 200, "seed \(seed): damage must be found, or the sweep has tested nothing")
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func aDamagedIndexNeverTraps(seed: UInt64) throws {
        let (folder, _) = try makeTrace(seed: seed)
        defer { folder.remove() }
        var random = SplitMix64(seed: seed)
        let bytes = try folder.read("trace.json")
        var refused = 0
        for _ in 0..<500 {
            try folder.write("trace.json", mutated(bytes, &random))
            do { _ = try openTrace(path: folder.path).readAll() } catch {
                refused += 1
                #expect(error.file.hasPrefix(folder.path), "seed \(seed)")
            }
        }
        #expect(refused > 100, "seed \(seed)")
    }

    @Test(arguments: [
        (#""version":1"#, #""version":2"#, "'version'"), ("guildhall-trace", "other", "'format'"),
        ("segment-00001.safetensors", "../segment.safetensors", "'file'"),
        ("segment-00001.safetensors", "segment-00000.safetensors", "listed twice"),
        ("segment-00001.safetensors", "trace.json", "'file'"), (#""top_k":2"#, #""top_k":9"#, "top-k is 9"),
        (#""expert_count":8"#, #""expert_count":65536"#, "65536 experts"), ("[0,2]", "[2,0]", "ascending"),
        ("[0,2]", "[0,2.5]", "other than numbers"), (#""requests":4"#, #""requests":-4"#, "'requests'"),
        (#""requests":4"#, #""requests":9223372036854775807"#, "'requests'"), ("{", "[{", "JSON"),
        (#""segments":"#, #""parts":"#, "'segments'"),
    ]) func hostileIndex(part: String, replacement: String, message: String) throws {
        let (folder, _) = try makeTrace(seed: 3)
        defer { folder.remove() }
        let text = String(decoding: try folder.read("trace.json"), as: UTF8.self)
        try folder.write("trace.json", text.replacingOccurrences(of: part, with: replacement))
        let error = #expect(throws: TraceError.self) { try openTrace(path: folder.path) }
        #expect(error?.description.contains(message) == true, "\(error as Any)")
        #expect(error?.file == folder.path + "/trace.json")
    }

    /// A segment of another trace does not pass for one of this.
    @Test func segmentOfAnotherShape() throws {
        let (folder, requests) = try makeTrace(seed: 4)
        defer { folder.remove() }
        let other = try TemporaryFolder()
        defer { other.remove() }
        try writeTrace(
            [RequestTrace(id: "x", prefillTokens: 0, experts: [0, 1, 2, 3, 4, 5])],
            TraceShape(blocks: [0, 1, 2], expertCount: 8, topK: 2), to: other.path)
        try folder.write("segment-00000.safetensors", other.read("segment-00000.safetensors"))
        let (read, damages) = try openTrace(path: folder.path).readAll()
        #expect(read == Array(requests[4...]))
        #expect(damages.first?.error.reason.contains("shape [1, 3, 2], not [tokens, 2, 2]") == true)
    }

    @Test func damageIsCountedBeyondALimit() throws {
        let (folder, _) = try makeTrace(seed: 5)
        defer { folder.remove() }
        for name in try folder.files() where name.hasSuffix(".safetensors") { try folder.write(name, []) }
        var limits = TraceLimits()
        limits.damages = 1
        let damages = try openTrace(path: folder.path, limits: limits).readAll().damages
        #expect(damages.map(\.requests) == [4, 8])
    }

    /// Some bytes changed, removed or put in, or the end cut off.
    private func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes.remove(at: position)
            case 1: bytes.insert(.random(in: 0...255, using: &random), at: position)
            case 2: bytes.removeLast(bytes.count - position)
            default: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        }
        return bytes
    }
}
