import Dispatch
import Synchronization

/// Work on independent items by a few threads.
enum Parallel {
    /// The results in the order of the items, whoever made them.
    static func map<Result: Sendable>(
        _ items: Range<Int>, threads: Int, _ body: @escaping @Sendable (Int) -> Result
    ) -> [Result] {
        map(items, threads: threads, until: .unlimited, body) ?? []
    }

    /// The same; nil where the time was over before the last item was begun.
    static func map<Result: Sendable>(
        _ items: Range<Int>, threads: Int, until time: SearchTime, _ body: @escaping @Sendable (Int) -> Result
    ) -> [Result]? {
        let next = Atomic(items.lowerBound)
        let results = Mutex<[Int: Result]>([:])
        DispatchQueue.concurrentPerform(iterations: max(1, min(threads, items.count))) { _ in
            while true {
                let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard item < items.upperBound, !time.isOver else { return }
                let result = body(item)
                results.withLock { $0[item] = result }
            }
        }
        return results.withLock { results in
            results.count == items.count ? items.compactMap { results[$0] } : nil
        }
    }
}
