import Synchronization
import Tensors
import Testing

@Suite struct ComputePoolTests {
    @Test(arguments: [1, 2, 3, 5])
    func everyWorkerRunsOnceAndItsWritesAreSeen(_ threads: Int) {
        let pool = ComputePool(threads: threads)
        #expect(pool.threads == threads)
        let counts = UnsafeMutableBufferPointer<Int>.allocate(capacity: threads * 16)
        defer { counts.deallocate() }
        counts.initialize(repeating: 0)
        for round in 1...2000 {
            // Own cache lines, plain memory: the joins alone order these writes.
            pool.run { worker in counts[worker * 16] += worker + 1 }
            for worker in 0..<threads { #expect(counts[worker * 16] == round * (worker + 1)) }
        }
    }

    @Test(arguments: [1, 2, 4], [1, 3, 64, 1000])
    func piecesCoverEveryElementOnce(_ threads: Int, _ grain: Int) {
        let pool = ComputePool(threads: threads)
        for count in [0, 1, 2, 63, 64, 65, 500] {
            let visits = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(count, 1))
            defer { visits.deallocate() }
            visits.initialize(repeating: 0)
            let workers = Atomic<Int>(0)
            pool.forEach(count: count, grain: grain) { range, worker in
                for i in range { visits[i] += 1 }
                workers.bitwiseOr(1 << worker, ordering: .relaxed)
            }
            #expect(visits.prefix(count).allSatisfy { $0 == 1 }, "\(count) in pieces of \(grain)")
            let seen = workers.load(ordering: .relaxed)
            #expect(seen < 1 << threads)
        }
    }

    @Test func workersThatWentToSleepWakeUp() async throws {
        let pool = ComputePool(threads: 3)
        for _ in 0..<20 {
            try await Task.sleep(for: .milliseconds(2))
            let calls = Atomic<Int>(0)
            pool.run { _ in calls.wrappingAdd(1, ordering: .relaxed) }
            let total = calls.load(ordering: .relaxed)
            #expect(total == 3)
        }
    }

    @Test func theCallerWaitsForASlowWorker() {
        let pool = ComputePool(threads: 2)
        let isDone = Atomic<Bool>(false)
        pool.run { worker in
            guard worker == 1 else { return }
            let end = ContinuousClock.now + .milliseconds(5)
            while ContinuousClock.now < end {}
            isDone.store(true, ordering: .relaxed)
        }
        let wasDone = isDone.load(ordering: .relaxed)
        #expect(wasDone)
    }

    @Test func poolsComeAndGo() {
        for round in 0..<100 {
            let pool = ComputePool(threads: 1 + round % 4)
            let calls = Atomic<Int>(0)
            if round % 3 > 0 { pool.run { _ in calls.wrappingAdd(1, ordering: .relaxed) } }
            let total = calls.load(ordering: .relaxed)
            #expect(total == (round % 3 > 0 ? pool.threads : 0))
        }
    }

    @Test func scratchIsAlignedKeptAndGrown() {
        let pool = ComputePool(threads: 2)
        let small = pool.scratch(worker: 1, bytes: 100)
        #expect(Int(bitPattern: small).isMultiple(of: 64))
        #expect(pool.scratch(worker: 1, bytes: 50) == small)
        #expect(pool.scratch(worker: 0, bytes: 100) != small)
        let large = pool.scratch(worker: 1, bytes: 8 << 20)
        #expect(Int(bitPattern: large).isMultiple(of: 64))
        large.initializeMemory(as: UInt8.self, repeating: 1, count: 8 << 20)
    }
}
