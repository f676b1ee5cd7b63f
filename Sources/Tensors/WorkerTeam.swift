import Synchronization

/// What the threads of a pool share: the current job, who is in it, and the gate behind which the others wait.
///
/// A job is over when its work is: a helper that has not come by then, because it slept or another program has its
/// processor, is not waited for. It finds the job closed.
///
/// `@unchecked Sendable` holds because `job` is written only while the job is closed and nobody is in it, and read only
/// by workers that have entered.
package final class WorkerTeam: @unchecked Sendable {
    /// A job stays on the caller's stack: `run` returns only when no worker reads it any more.
    private typealias Job = UnsafeMutablePointer<Body>
    /// In a structure, because a pointer to a bare closure would take one more on the heap.
    private struct Body { let call: (Int) -> Void }

    private var job: Job?
    /// Moves when a job (or the end) is there. Own gate, so that what happens within a job wakes no sleeper.
    private let calls = SpinGate()
    /// An `Attendance`.
    private let attendance = SpinGate()
    private let isDismissed = Atomic<Bool>(false)

    package init() {}

    /// Calls `body(0)` here and `body(1...helpers)` on the threads that `serve`: on all, or else on those that come while
    /// `body(0)` runs.
    package func run(_ body: (Int) -> Void, helpers: Int, onAll: Bool) {
        precondition(helpers <= Attendance.most, "too many threads")
        // The closure does not escape: workers call it through a pointer, and each has returned from the call and
        // released what it retained before it leaves, which `close` waits for.
        withoutActuallyEscaping(body) { escapable in
            var stored = Body(call: escapable)
            withUnsafeMutablePointer(to: &stored) { pointer in
                job = pointer
                open()
                body(0)
                if onAll { attendance.wait { Attendance(number: $0).left == helpers } }
                close()
                job = nil
            }
        }
    }

    private func open() {
        let before = Attendance(number: attendance.number)
        attendance.add(before.nextOpened.number &- before.number)
        calls.add(1)
    }

    private func close() {
        attendance.add(-Attendance.openMark)
        attendance.wait { Attendance(number: $0).isDeserted }
    }

    /// Ends the loops of all workers.
    package func dismiss() {
        isDismissed.store(true, ordering: .releasing)
        calls.add(1)
    }

    /// The life of a worker thread: jobs until `dismiss`.
    package func serve(worker: Int) {
        var seenCalls = 0, lastJob = Attendance(number: 0).job
        while true {
            seenCalls = calls.wait(whileEqualTo: seenCalls)
            if isDismissed.load(ordering: .acquiring) { return }
            guard let entered = enter(after: lastJob) else { continue }
            lastJob = entered
            if let job { Self.call(job, worker) }
            attendance.add(Attendance.exit)
        }
    }

    /// Enters the job that is open, unless it is `lastJob`.
    /// - Returns: the job's number.
    private func enter(after lastJob: Int) -> Int? {
        while true {
            let current = Attendance(number: attendance.number)
            guard current.isOpen, current.job != lastJob else { return nil }
            if attendance.exchange(current.number, for: current.number + Attendance.entry) { return current.job }
        }
    }

    /// Own function, so that a reference to the closure's context cannot outlive the call.
    @inline(never)
    private static func call(_ job: Job, _ worker: Int) {
        job.pointee.call(worker)
    }
}

/// One number says which job there is, whether it can still be entered, and how many have entered and left: so whoever
/// enters by exchanging it knows that the job was open at that moment.
private struct Attendance {
    let number: Int

    static let exit = 1, entry = 1 << 16, openMark = 1 << 32
    /// How many can enter a job.
    static let most = 1 << 16 - 1

    var left: Int { number & Self.most }
    var entered: Int { number >> 16 & Self.most }
    var isOpen: Bool { number & Self.openMark != 0 }
    var job: Int { number >> 33 }
    /// Closed, and all that have entered have left.
    var isDeserted: Bool { !isOpen && entered == left }

    /// The next job, open, before anybody has entered. Job numbers start again after two thousand million.
    var nextOpened: Attendance { Attendance(number: (job + 1) << 33 | Self.openMark) }
}
