import Foundation
import Testing

/// Address space this process uses, in bytes.
private func addressSpace() -> Int? {
    let fields = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return fields?.first.flatMap { Int($0) }.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
}

/// A sanitizer maps terabytes of shadow memory and needs more as it runs, so the bound cannot be set there.
private let isUnderSanitizer = (addressSpace() ?? 0) > 1 << 40

/// Makes every allocation fail that takes the process more than `bytes` above what it uses now. For exit tests only:
/// the limit holds for the whole process. Without effect under a sanitizer.
func boundMemory(toFurther bytes: Int) throws {
    if isUnderSanitizer { return }
    let limit = rlim_t(try #require(addressSpace()) + bytes)
    var limits = rlimit(rlim_cur: limit, rlim_max: limit)
    try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits) == 0)
}

@Suite struct MemoryBoundTests {
    /// The measuring device itself: a bound that does not bind would make the tests that use it worthless.
    @Test(.enabled(if: !isUnderSanitizer)) func boundBinds() async {
        await #expect(processExitsWith: .success) {
            try boundMemory(toFurther: 32 << 20)
            let small = malloc(1 << 20)
            let large = malloc(64 << 20)
            #expect(small != nil)
            #expect(large == nil)
            free(small)
            free(large)
        }
    }
}
