import Foundation
import Synchronization
import Tensors
import Testing

@Suite struct ProcessorListTests {
    @Test(arguments: [
        ("0", [0]), ("0-3", [0, 1, 2, 3]), ("8,2-4", [8, 2, 3, 4]), ("5-5", [5]), ("8191", [8191]), ("007", [7]),
    ])
    func readsListsInTheirOrder(text: String, numbers: [Int]) throws {
        #expect(try ProcessorList(parsing: text).numbers == numbers)
    }

    @Test(arguments: ["", ",", "1,", "a", "-1", "1-", "3-2", "1-2-3", " 1", "1 ", "+1", "１", "0x1", "1.5"])
    func refusesWhatIsNoList(text: String) {
        #expect(throws: ProcessorList.ParseError.notAList(text)) { try ProcessorList(parsing: text) }
    }

    @Test func refusesNumbersThatAreTooLargeOrThereTwice() {
        #expect(throws: ProcessorList.ParseError.tooLarge(8192)) { try ProcessorList(parsing: "0-8192") }
        #expect(throws: ProcessorList.ParseError.repeated(2)) { try ProcessorList(parsing: "0-3,2") }
        #expect(throws: ProcessorList.ParseError.self) { try ProcessorList(parsing: "99999999999999999999") }
    }

    @Test(arguments: ["0", "0-3", "8,2-4", "0-1,3-5,9"])
    func isWrittenAsItIsRead(text: String) throws {
        #expect(try ProcessorList(parsing: text).description == text)
    }

    @Test func thisProcessHasAMemoryNode() {
        #expect(!ProcessorList.memoryNodes.numbers.isEmpty)
    }
}

#if os(Linux)
    @Suite struct PinningTests {
        /// Workers see the one processor that they were given, and the process's list stays what it was.
        @Test func eachWorkerRunsOnItsProcessor() async throws {
            let allowed = ProcessorList.allowed
            try #require(!allowed.numbers.isEmpty)
            let threads = min(allowed.numbers.count, 4)
            let names = allowed.numbers.reversed().map(String.init)
            let reversed = try ProcessorList(parsing: names.joined(separator: ","))
            // On a thread of its own: the caller is pinned too.
            let seen: [String] = await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    let pool = ComputePool(threads: threads), lists = Mutex([String](repeating: "", count: threads))
                    try? pool.pin(to: reversed)
                    pool.run { worker in lists.withLock { $0[worker] = "\(ProcessorList.ofThisThread())" } }
                    continuation.resume(returning: lists.withLock { $0 })
                }
            }
            #expect(seen == Array(names.prefix(threads)))
            #expect(ProcessorList.allowed == allowed)
        }

        @Test func whatTheProcessMayNotUseIsRefused() throws {
            let allowed = ProcessorList.allowed.numbers
            let strange = try #require((0...ProcessorList.largest).first { !allowed.contains($0) })
            let list = try ProcessorList(parsing: "\(strange)")
            #expect(throws: MachinePlacementError.notAllowed(processor: strange, allowed: .allowed)) {
                try ComputePool(threads: 1).pin(to: list)
            }
            let first = try ProcessorList(parsing: "\(allowed[0])")
            #expect(throws: MachinePlacementError.tooFewProcessors(1, threads: 2)) { try first.check(threads: 2) }
        }
    }
#endif
