/// What the threads of a pool share: the current job and the two gates that begin and end it.
///
/// `@unchecked Sendable` holds because `job` is written only between jobs: before `generation` moves, which the workers
/// wait for, and after `unfinished` has come back to zero, which the caller waits for.
final class WorkerTeam: @unchecked Sendable {
    /// A job stays on the caller's stack: `run` returns only when no worker reads it any more.
    private typealias Job = UnsafeMutablePointer<(Int) -> Void>

    private var job: Job?
    /// Moves when a job (or the end) is there.
    private let generation = SpinGate()
    /// Helpers that have not finished the job.
    private let unfinished = SpinGate()

    /// Calls `body(0)` here and `body(1...helpers)` on the threads that `serve`.
    func run(_ body: (Int) -> Void, helpers: Int) {
        // The closure does not escape: workers call it through a pointer, and each has returned from the call and
        // released what it retained before it reports, which the wait below stays for.
        withoutActuallyEscaping(body) { escapable in
            var stored = escapable
            withUnsafeMutablePointer(to: &stored) { pointer in
                job = pointer
                unfinished.add(helpers)
                generation.add(1)
                body(0)
                unfinished.wait(until: 0)
                job = nil
            }
        }
    }

    /// Ends the loops of all workers.
    func dismiss() {
        job = nil
        generation.add(1)
    }

    /// The life of a worker thread: jobs until `dismiss`.
    func serve(worker: Int) {
        var seen = 0
        while true {
            seen = generation.wait(whileEqualTo: seen)
            guard let job else { return }
            Self.call(job, worker)
            unfinished.add(-1)
        }
    }

    /// Own function, so that a reference to the closure's context cannot outlive the call.
    @inline(never)
    private static func call(_ job: Job, _ worker: Int) {
        job.pointee(worker)
    }
}
