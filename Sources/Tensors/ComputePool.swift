import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A fixed team of threads for fork-join work of microseconds. The calling thread is worker 0, so a pool of one thread
/// is a plain call.
///
/// One thread at a time may use a pool, and a body may not use it again; both are checked.
///
/// `@unchecked Sendable` holds because the fields are constants and `isBusy` lets one user in at a time.
public final class ComputePool: @unchecked Sendable {
    /// Number of workers, the caller included.
    public let threads: Int
    private let team = WorkerTeam()
    private let crew: [OwnedThread]
    private let scratch: [WorkerScratch]
    private let isBusy = Atomic<Bool>(false)
    private let next = Atomic<Int>(0)

    /// Starts `threads - 1` threads; `threads` tells how many the system really gave.
    public init(threads: Int) {
        precondition(threads >= 1, "a pool needs the calling thread at least")
        var crew: [OwnedThread] = []
        for worker in 1..<max(threads, 1) {
            guard let thread = OwnedThread({ [team] in team.serve(worker: worker) }) else { break }
            crew.append(thread)
        }
        self.crew = crew
        self.threads = crew.count + 1
        scratch = (0...crew.count).map { _ in WorkerScratch() }
    }

    deinit {
        team.dismiss()
        for thread in crew { thread.join() }
    }

    /// Processors that this process has: those it may run on, but no more than its quota pays for, rounded up.
    public static let availableProcessors: Int = {
        let allowed = ProcessorList.allowed.numbers.count
        let processors = allowed > 0 ? allowed : max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
        guard let quota = ProcessorQuota.processors(), quota < Double(processors) else { return processors }
        return max(Int(quota.rounded(.up)), 1)
    }()

    /// Calls `body` once on each worker, concurrently, and returns when all are done. What the bodies wrote is then
    /// visible to the caller. The body must only write what no other worker touches.
    public func run(_ body: (_ worker: Int) -> Void) {
        exclusively { fork(onAll: true, body) }
    }

    /// Calls `body` with pieces of `0..<count` of `grain` elements each (the last may be shorter), concurrently and in
    /// no fixed order; a worker takes its next piece when it is free.
    public func forEach(count: Int, grain: Int, _ body: (_ range: Range<Int>, _ worker: Int) -> Void) {
        precondition(count >= 0 && grain > 0, "nothing can be split that way")
        guard count > 0 else { return }
        exclusively {
            guard count > grain, threads > 1 else { return body(0..<count, 0) }
            next.store(0, ordering: .relaxed)
            fork(onAll: false) { worker in
                while true {
                    let start = next.wrappingAdd(grain, ordering: .relaxed).oldValue
                    guard start < count else { return }
                    body(start..<min(start + grain, count), worker)
                }
            }
        }
    }

    /// As `forEach(count:grain:)` in pieces that get shorter: each is a share of what is left, but `smallest` elements at
    /// least, and starts at a multiple of it. For work that reads memory from front to back: long pieces are read
    /// faster, and short ones at the end let the workers finish together.
    public func forEach(
        count: Int, shrinkingTo smallest: Int, _ body: (_ range: Range<Int>, _ worker: Int) -> Void
    ) {
        precondition(count >= 0 && smallest > 0, "nothing can be split that way")
        guard count > 0 else { return }
        exclusively {
            guard count > smallest, threads > 1 else { return body(0..<count, 0) }
            next.store(0, ordering: .relaxed)
            fork(onAll: false) { worker in
                while let piece = nextPiece(of: count, smallest: smallest) { body(piece, worker) }
            }
        }
    }

    /// Takes a piece of what is left of `0..<count`: half of an even share.
    private func nextPiece(of count: Int, smallest: Int) -> Range<Int>? {
        var start = next.load(ordering: .relaxed)
        while start < count {
            let share = (count - start) / (2 * threads) / smallest * smallest
            let end = min(start + max(share, smallest), count)
            let (isOurs, current) = next.weakCompareExchange(expected: start, desired: end, ordering: .relaxed)
            if isOurs { return start..<end }
            start = current
        }
        return nil
    }

    /// At least `bytes` bytes, aligned to 64, that belong to `worker` until its next call. Contents are undefined.
    public func scratch(worker: Int, bytes: Int) -> UnsafeMutableRawPointer {
        scratch[worker].reserve(bytes: bytes)
    }

    /// Where not all must take part, worker 0 does alone what the others do not come for.
    private func fork(onAll: Bool, _ body: (Int) -> Void) {
        guard threads > 1 else { return body(0) }
        team.run(body, helpers: threads - 1, onAll: onAll)
    }

    private func exclusively(_ work: () -> Void) {
        let (isFree, _) = isBusy.compareExchange(expected: false, desired: true, ordering: .acquiring)
        precondition(isFree, "a compute pool serves one caller at a time and cannot be nested")
        work()
        isBusy.store(false, ordering: .releasing)
    }
}

/// Memory of one worker. Only that worker calls it while a body runs, and only one body runs at a time.
private final class WorkerScratch {
    private var storage: UnsafeMutableRawPointer?
    private var capacity = 0

    func reserve(bytes: Int) -> UnsafeMutableRawPointer {
        if let storage, bytes <= capacity { return storage }
        if let storage { AlignedStorage.free(storage) }
        let grown = AlignedStorage.allocate(bytes: max(bytes, 4096))
        storage = grown
        capacity = max(bytes, 4096)
        return grown
    }

    deinit {
        if let storage { AlignedStorage.free(storage) }
    }
}
