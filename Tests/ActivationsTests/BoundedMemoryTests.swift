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

    /// The same of the compact layout: 96 MB of rows in one file.
    @Test(.enabled(if: !isUnderSanitizer), .timeLimit(.minutes(1))) func compactLargerThanMemory() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            defer { folder.remove() }
            let rows = [UInt8](repeating: 7, count: 600 * 50 * 8)
            try folder.write("experts.uint8.bin", rows)
            let file = try #require(FileHandle(forUpdatingAtPath: folder.path + "/experts.uint8.bin"))
            try file.truncate(atOffset: UInt64(400 * rows.count))
            try file.close()
            try folder.write(
                "meta.json",
                """
                {"rows": 240000, "num_moe_layers": 50, "top_k": 8, "num_experts": 200, "dtype": "uint8",
                 "moe_layer_ids": \(Array(0..<50))}
                """)
            let lines = (0..<400).map {
                #"{"id": "\#($0)", "prompt_tokens": 300, "row_offset": \#($0 * 600), "rows": 600}"#
            }
            try folder.write("index.jsonl", lines.joined(separator: "\n"))
            try boundMemory(toFurther: 32 << 20)
            let trace = try openTrace(path: folder.path)
            var sums: [Int] = []
            let damages = trace.forEachRequest { request in sums.append(request.experts.reduce(0) { $0 + Int($1) }) }
            #expect(sums.count == 400 && sums.first == 7 * rows.count && sums.last == 0 && damages == [])
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
