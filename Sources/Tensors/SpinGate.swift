import CKernels
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A number that threads wait for: they spin for a moment, because the change is usually microseconds away, and then
/// sleep, because an idle server must not burn a processor.
///
/// `@unchecked Sendable` holds because the number is atomic and the mutex and condition are made for sharing.
final class SpinGate: @unchecked Sendable {
    /// Waking a sleeper costs tens of microseconds, so spinning longer than that buys little.
    private static let spinTime = Duration.microseconds(80)
    /// How long a spinning thread keeps its processor from other threads. Most waits are shorter.
    private static let selfishTime = Duration.microseconds(20)

    private let value = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    // Own allocations: both need an address that never changes.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Adds `amount`; what the caller wrote before is visible to a thread whose wait ends because of it.
    /// - Returns: the new number.
    @discardableResult
    func add(_ amount: Int) -> Int {
        // Sequential consistency here and in `sleep`: either we see the sleeper, or it sees the new number.
        let new = value.wrappingAdd(amount, ordering: .sequentiallyConsistent).newValue
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
            pthread_mutex_lock(mutex)
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return new
    }

    /// The number; what was written before it was set is visible.
    var number: Int { value.load(ordering: .acquiring) }

    /// Sets the number to `new` if it is `old`. Wakes nobody: for changes that end no wait.
    /// - Returns: whether it was.
    func exchange(_ old: Int, for new: Int) -> Bool {
        value.compareExchange(expected: old, desired: new, ordering: .sequentiallyConsistent).exchanged
    }

    /// Returns once the number is not `old`, with the number.
    func wait(whileEqualTo old: Int) -> Int {
        wait { $0 != old }
    }

    /// Returns once the number is above `old`.
    func wait(past old: Int) {
        _ = wait { $0 > old }
    }

    /// Returns once the number is one for which `isOver`, with that number.
    @discardableResult
    func wait(_ isOver: (Int) -> Bool) -> Int {
        let current = number
        if isOver(current) { return current }
        return spin(isOver) ?? sleep(isOver)
    }

    private func spin(_ isOver: (Int) -> Bool) -> Int? {
        let start = ContinuousClock.now
        var waited = Duration.zero
        repeat {
            for _ in 0..<64 {
                gh_spin_hint()
                let current = number
                if isOver(current) { return current }
            }
            waited = ContinuousClock.now - start
            // Perhaps the thread that is waited for needs this processor.
            if waited > Self.selfishTime { sched_yield() }
        } while waited < Self.spinTime
        return nil
    }

    private func sleep(_ isOver: (Int) -> Bool) -> Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        defer { sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
        while true {
            let current = value.load(ordering: .sequentiallyConsistent)
            if isOver(current) { return current }
            pthread_cond_wait(condition, mutex)
        }
    }
}
