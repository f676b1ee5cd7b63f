import Foundation
import Tensors

/// What the machine can do and what the process has used.
public enum MachineMeasurement {
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
