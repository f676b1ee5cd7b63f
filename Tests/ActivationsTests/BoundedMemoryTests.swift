import Activations
import Foundation
import Testing

/// Traces larger than the memory there is.
@Suite struct BoundedMemoryTests {
    /// 96 MB are written and read by a process that may take 32 MB more than it has at the start.
    @Test(.enabled(if: !isUnderSanitizer), .timeLimit(.minutes(1))) func largerThanMemory() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let shape = TraceShape(blocks: Array(0..<50), expertCount: 200, topK: 8)
            var options = TraceWriter.Options()
            options.segmentBytes = 4 << 20
            let ids = (0..<600 * shape.idsPerToken).map { UInt16($0 * 7919 % 200) }
            try boundMemory(toFurther: 32 << 20)
            var writer = try TraceWriter(folder: folder.path, shape: shape, options: options)
            for index in 0..<400 {
                _ = try writer.append(RequestTrace(id: "\(index)", prefillTokens: 300, experts: ids))
            }
            try writer.flush()
            #expect(writer.byteCount > 96_000_000)
            let trace = try openTrace(path: folder.path)
            var seen = 0
            let damages = trace.forEachRequest { request in
                #expect(request.experts.count == ids.count && request.experts.last == ids.last)
                seen += 1
            }
            #expect(seen == 400 && damages == [])
        }
    }
}

private func addressSpace() -> Int? {
    let fields = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return fields?.first.flatMap { Int($0) }.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
}

/// A sanitizer maps terabytes of shadow memory and needs more as it runs, so the bound cannot be set there.
private let isUnderSanitizer = (addressSpace() ?? 0) > 1 << 40

/// Makes every allocation fail that takes the process more than `bytes` above what it uses now.
private func boundMemory(toFurther bytes: Int) throws {
    let limit = rlim_t(try #require(addressSpace()) + bytes)
    var limits = rlimit(rlim_cur: limit, rlim_max: limit)
    try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits) == 0)
}
