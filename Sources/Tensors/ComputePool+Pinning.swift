import CKernels

/// Why threads could not be pinned or memory not be spread.
public enum MachinePlacementError: Error, Equatable, CustomStringConvertible {
    /// The process may not use this processor.
    case notAllowed(processor: Int, allowed: ProcessorList)
    case tooFewProcessors(Int, threads: Int)
    /// The system refused, with this `errno`.
    case refused(String, code: Int32)

    public var description: String {
        switch self {
        case .notAllowed(let processor, let allowed):
            "processor \(processor) is not among those that this process may run on (\(allowed))"
        case .tooFewProcessors(let count, let threads): "\(count) processors for \(threads) threads"
        case .refused(let what, let code): "the system does not \(what) (error \(code))"
        }
    }
}

extension ProcessorList {
    /// Throws unless each of `threads` threads can have one of these processors to itself.
    public func check(threads: Int) throws(MachinePlacementError) {
        for number in numbers where !ProcessorList.allowed.numbers.contains(number) {
            throw .notAllowed(processor: number, allowed: .allowed)
        }
        guard numbers.count >= threads else { throw .tooFewProcessors(numbers.count, threads: threads) }
    }
}

extension ComputePool {
    /// Lets worker i, the calling thread as worker 0 included, run on processor i of the list alone. Threads that the
    /// caller starts later inherit its processor.
    public func pin(to processors: ProcessorList) throws(MachinePlacementError) {
        try processors.check(threads: threads)
        let codes = PinningResults(count: threads)
        // Each worker writes its own element.
        run { worker in codes.values[worker] = gh_pin_thread(Int32(processors.numbers[worker])) }
        if let code = codes.values.first(where: { $0 != 0 }) { throw .refused("pin threads", code: code) }
    }
}

/// What each worker was told. `@unchecked Sendable` holds because workers write disjoint elements, and the end of the
/// fork comes before they are read.
private final class PinningResults: @unchecked Sendable {
    let values: UnsafeMutableBufferPointer<Int32>

    init(count: Int) {
        values = .allocate(capacity: count)
        values.initialize(repeating: 0)
    }

    deinit { values.deallocate() }
}

/// Where memory lies on machines whose processors have memory of their own.
public enum MemoryPlacement {
    /// Spreads what this thread, and threads that it starts from now on, touches first evenly over the memory nodes of
    /// the process: weights read from a file, laid out anew, and caches. Returns how many nodes there are; with one there
    /// is nothing to do.
    public static func interleave() throws(MachinePlacementError) -> Int {
        let nodes = ProcessorList.memoryNodes.numbers.map(Int32.init)
        guard nodes.count > 1 else { return 1 }
        let code = nodes.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { gh_interleave_memory($0, Int32(buffer.count)) } ?? 0
        }
        guard code == 0 else { throw .refused("spread memory", code: code) }
        return nodes.count
    }
}
