import Activations
import Foundation
import Randomness
import Testing

@Suite struct TraceRoundTripTests {
    /// Shapes on both sides of the widths of ids, segments of every size, weights present, absent and changing.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64]) func everythingComesBack(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for experts in [1, 8, 254, 255, 256, 257, 65_535, nil] as [Int?] {
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let shape = TraceShape.random(&random, experts: experts)
            let style = Int.random(in: 0..<3, using: &random)
            let requests = (0..<Int.random(in: 0...30, using: &random)).map { index in
                RequestTrace.random(shape, &random, weights: style == 0 || (style == 1 && index > 10))
            }
            var options = TraceWriter.Options()
            options.segmentBytes = [1, 4000, 1 << 20].randomElement(using: &random) ?? 1
            try writeTrace(requests, shape, to: folder.path, options: options)
            let trace = try openTrace(path: folder.path)
            let (read, damages) = trace.readAll()
            #expect(trace.shape == shape, "seed \(seed), experts \(experts ?? 0)")
            let isSame = read.map(withoutEmptyWeights) == requests.map(withoutEmptyWeights)
            #expect(isSame, "seed \(seed), experts \(experts ?? 0)")
            #expect(damages == [], "seed \(seed)")
            #expect(trace.requestCount == requests.count, "seed \(seed)")
            #expect(trace.tokenCount == requests.reduce(0) { $0 + $1.tokenCount(shape) }, "seed \(seed)")
        }
    }

    /// A request without tokens has no weights to tell apart from none.
    private func withoutEmptyWeights(_ request: RequestTrace) -> RequestTrace {
        var request = request
        if request.experts.isEmpty { request.weights = nil }
        return request
    }

    @Test func oneByteWhileAnIDIsLeftForNone() throws {
        for (experts, width) in [(255, 1), (256, 2)] {
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let shape = TraceShape(blocks: [0], expertCount: experts, topK: 2)
            let ids = [UInt16(experts - 1), RequestTrace.noExpert]
            let request = RequestTrace(id: "a", prefillTokens: 1, experts: ids)
            try writeTrace([request], shape, to: folder.path)
            let bytes = try folder.read("segment-00000.safetensors").suffix(2 * width)
            #expect(bytes.elementsEqual(width == 1 ? [254, 255] : [255, 0, 255, 255]))
            #expect(try openTrace(path: folder.path).readAll().requests == [request])
        }
    }

    /// Segments may have been taken out of an index, and killed writers leave files that nobody finishes.
    @Test func aFolderIsContinuedUnderFreeNames() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var random = SplitMix64(seed: 3)
        let shape = TraceShape(blocks: [0], expertCount: 64, topK: 4)
        let requests = (0..<3).map { _ in RequestTrace.random(shape, &random) }
        for request in requests.prefix(2) { try writeTrace([request], shape, to: folder.path) }
        // Without the first segment the second has the number of the next.
        var index = String(decoding: try folder.read("trace.json"), as: UTF8.self)
        let first = try #require(index.range(of: "\\{[^{}]*segment-00000[^{}]*\\},", options: .regularExpression))
        index.removeSubrange(first)
        try Data(index.utf8).write(to: URL(fileURLWithPath: folder.path + "/trace.json"))
        let partial = folder.path + "/.segment-00001.safetensors.1.0.partial"
        try Data("x".utf8).write(to: URL(fileURLWithPath: partial))
        try writeTrace([requests[2]], shape, to: folder.path)
        let (read, damages) = try openTrace(path: folder.path).readAll()
        #expect(damages == [] && read.map(\.id) == [requests[1].id, requests[2].id])
        #expect(!FileManager.default.fileExists(atPath: partial))
    }

    @Test func segmentsAreBounded() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var random = SplitMix64(seed: 1)
        let shape = TraceShape(blocks: [0, 1], expertCount: 64, topK: 4)
        var options = TraceWriter.Options()
        options.segmentBytes = 5000
        let requests = (0..<200).map { _ in RequestTrace.random(shape, &random) }
        try writeTrace(requests, shape, to: folder.path, options: options)
        let sizes = try folder.files().filter { $0.hasSuffix(".safetensors") }.map { try folder.read($0).count }
        #expect(sizes.count > 3)
        #expect(sizes.allSatisfy { $0 <= 5000 })
        let reader = try TraceReader(path: folder.path)
        #expect(reader.byteCount == sizes.reduce(0, +))
    }

    /// No file of the trace grows the folder beyond the budget, and what has no place is counted.
    @Test(arguments: [6_000, 20_000, 100_000]) func budget(bytes: Int) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var random = SplitMix64(seed: UInt64(bytes))
        let shape = TraceShape(blocks: [0, 1], expertCount: 64, topK: 4)
        var options = TraceWriter.Options()
        options.segmentBytes = 3000
        options.budgetBytes = bytes
        let requests = (0..<1000).map { _ in RequestTrace.random(shape, &random) }
        try writeTrace(requests, shape, to: folder.path, options: options)
        let size = try folder.files().reduce(0) { try $0 + folder.read($1).count }
        #expect(size <= bytes && size > bytes / 3)
        let reader = try TraceReader(path: folder.path)
        #expect(reader.requestCount > 0)
        #expect(reader.droppedRequests == 1000 - reader.requestCount)
    }

    /// After each segment the folder is a trace that reads without damage.
    @Test func validAfterEachSegment() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var random = SplitMix64(seed: 3)
        let shape = TraceShape(blocks: [0], expertCount: 16, topK: 2)
        let requests = (0..<50).map { _ in RequestTrace.random(shape, &random) }
        var writer = try TraceWriter(folder: folder.path, shape: shape)
        for (index, request) in requests.enumerated() {
            #expect(try writer.append(request))
            if index % 7 == 6 { try writer.flush() }
            let (read, damages) = try openTrace(path: folder.path).readAll()
            let isSame = read == Array(requests.prefix((index + 1) / 7 * 7))
            #expect(isSame, "after \(index + 1) requests")
            #expect(damages == [])
        }
    }

    @Test func aTraceIsContinued() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var random = SplitMix64(seed: 4)
        let shape = TraceShape(blocks: [0], expertCount: 16, topK: 2)
        let requests = (0..<6).map { _ in RequestTrace.random(shape, &random) }
        try writeTrace(Array(requests.prefix(4)), shape, to: folder.path)
        try writeTrace(Array(requests.suffix(2)), shape, to: folder.path)
        #expect(try openTrace(path: folder.path).readAll().requests == requests)
        let other = TraceShape(blocks: [0], expertCount: 17, topK: 2)
        #expect(throws: TraceError(file: folder.path, reason: "holds a trace of another model")) {
            try writeTrace([], other, to: folder.path)
        }
    }

    @Test func onlyOneWriterAtATime() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let shape = TraceShape(blocks: [0], expertCount: 16, topK: 2)
        var first = try TraceWriter(folder: folder.path, shape: shape)
        #expect(throws: TraceError(file: folder.path, reason: "is being written by another trace writer")) {
            try writeTrace([], shape, to: folder.path)
        }
        try first.flush()
    }

    @Test func aRequestOfAnotherShapeIsRefused() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let shape = TraceShape(blocks: [0, 1], expertCount: 4, topK: 1)
        for wrong in [
            RequestTrace(id: "half a token", prefillTokens: 0, experts: [0]),
            RequestTrace(id: "id", prefillTokens: 0, experts: [0, 4]),
            RequestTrace(id: "boundary", prefillTokens: 2, experts: [0, 1]),
            RequestTrace(id: "weights", prefillTokens: 1, experts: [0, 1], weights: [1]),
        ] {
            var writer = try TraceWriter(folder: folder.path, shape: shape)
            #expect(throws: TraceError.self, "\(wrong.id)") { try writer.append(wrong) }
        }
    }
}
