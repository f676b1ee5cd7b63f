import Foundation
import Tensors

/// What the machine can do and what the process has used.
public enum MachineMeasurement {
    /// Bytes per second that all threads of `pool` read together from memory, the best of `rounds` passes over a
    /// buffer far larger than the caches.
    public static func readBandwidth(pool: ComputePool, bytes: Int = 1 << 30, rounds: Int = 5) -> Double {
        let buffer = FloatBuffer(count: bytes / MemoryLayout<Float>.stride)
        let piece = 4 << 20
        // Pages that were never written all read as one page of zeros, out of the cache.
        pool.forEach(count: bytes / piece, grain: 1) { pieces, _ in
            let floats = piece / MemoryLayout<Float>.stride
            for index in pieces { (buffer.pointer + index * floats).update(repeating: 1, count: floats) }
        }
        var best = 0.0
        for _ in 0..<rounds {
            let seconds = ContinuousClock().measure {
                pool.forEach(count: bytes / piece, grain: 1) { pieces, _ in
                    for index in pieces {
                        let start = UnsafeRawPointer(buffer.pointer) + index * piece
                        _ = Kernels.selected.readProbe(start, count: piece)
                    }
                }
            }.seconds
            best = max(best, Double(bytes / piece * piece) / seconds)
        }
        return best
    }

    /// Largest resident size of this process so far, in bytes; pages of mapped files count while they are resident.
    public static func peakResidentBytes() -> Int {
        var usage = rusage()
        #if canImport(Glibc)
            let status = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
            let status = getrusage(RUSAGE_SELF, &usage)
        #endif
        guard status == 0 else { return 0 }
        // Linux counts in KiB, Darwin in bytes.
        #if os(Linux)
            return usage.ru_maxrss * 1024
        #else
            return usage.ru_maxrss
        #endif
    }
}
