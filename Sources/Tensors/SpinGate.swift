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

    /// Returns once the number is not `old`, with the number.
    func wait(whileEqualTo old: Int) -> Int {
        wait { $0 != old }
    }

    /// Returns once the number is above `old`.
    func wait(past old: Int) {
        _ = wait { $0 > old }
    }

    /// Returns once the number is `target`.
    func wait(until target: Int) {
        _ = wait { $0 == target }
    }

    private func wait(_ isOver: (Int) -> Bool) -> Int {
        let current = value.load(ordering: .acquiring)
        if isOver(current) { return current }
        return spin(isOver) ?? sleep(isOver)
    }

    private func spin(_ isOver: (Int) -> Bool) -> Int? {
        let end = ContinuousClock.now + Self.spinTime
        repeat {
            for _ in 0..<64 {
                gh_spin_hint()
                let current = value.load(ordering: .acquiring)
                if isOver(current) { return current }
            }
        } while ContinuousClock.now < end
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
