import Foundation
import Synchronization
import Tensors
import Testing

@Suite struct WorkerTeamTests {
    /// A helper that another program keeps from running is not waited for: here it does not even exist yet.
    @Test func aJobIsOverWithoutThoseWhoDoNotCome() {
        let team = WorkerTeam()
        let calls = Atomic<Int>(0)
        for _ in 0..<10 { team.run({ calls.wrappingAdd($0 + 1, ordering: .relaxed) }, helpers: 3, onAll: false) }
        let total = calls.load(ordering: .relaxed)
        #expect(total == 10)
    }

    /// Who comes late finds the job closed, and takes part in the next, once.
    @Test func whoComesLateTakesPartInTheNext() {
        let team = WorkerTeam()
        let missed = Atomic<Int>(0), calls = Atomic<Int>(0)
        team.run({ _ in missed.wrappingAdd(1, ordering: .relaxed) }, helpers: 2, onAll: false)
        for worker in 1...2 { Thread.detachNewThread { team.serve(worker: worker) } }
        for round in 1...500 {
            team.run({ calls.wrappingAdd(1 << (8 * $0), ordering: .relaxed) }, helpers: 2, onAll: true)
            let (early, total) = (missed.load(ordering: .relaxed), calls.exchange(0, ordering: .relaxed))
            #expect(early == 1 && total == 0x010101, "round \(round)")
        }
        team.dismiss()
    }

    /// Jobs that all, and jobs that some take part in, by turns: what a helper wrote is there when the job is over.
    @Test func whatHelpersWroteIsThere() {
        let team = WorkerTeam(), helpers = 3
        for worker in 1...helpers { Thread.detachNewThread { team.serve(worker: worker) } }
        let written = UnsafeMutableBufferPointer<Int>.allocate(capacity: 64)
        defer { written.deallocate() }
        for round in 0..<5000 {
            written.update(repeating: 0)
            let next = Atomic<Int>(0)
            let body = { (_: Int) in
                while true {
                    let place = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard place < written.count else { return }
                    written[place] = place + round
                }
            }
            team.run(body, helpers: helpers, onAll: round.isMultiple(of: 3))
            #expect(written.indices.allSatisfy { written[$0] == $0 + round }, "round \(round)")
        }
        team.dismiss()
    }
}
