/// Counts what a render uses against its limits.
final class Meter {
    /// Work is counted in bytes touched; one step of the evaluator costs as much as a KiB.
    private static let stepCost = 1024

    private let limits: ChatTemplate.Limits
    private var work = 0
    private var allocated = 0
    private var depth = 0
    private let maxWork: Int

    init(limits: ChatTemplate.Limits) {
        self.limits = limits
        let (maxWork, overflow) = limits.maxSteps.multipliedReportingOverflow(by: Meter.stepCost)
        self.maxWork = overflow ? .max / 2 : maxWork
    }

    /// Counts one node, item or call.
    func step() throws(Fault) { try touch(bytes: Meter.stepCost) }

    /// Counts `count` nodes, items or calls.
    func steps(_ count: Int) throws(Fault) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: Meter.stepCost)
        try touch(bytes: overflow ? .max / 2 : bytes)
    }

    /// Counts reading `bytes`.
    func touch(bytes: Int) throws(Fault) {
        guard bytes <= maxWork - work else { throw .limit("\(limits.maxSteps) steps") }
        work += bytes
    }

    /// Counts making a text or container of `bytes`; called before it is made.
    func allocate(bytes: Int) throws(Fault) {
        guard bytes <= limits.maxAllocatedBytes - allocated else {
            throw .limit("\(limits.maxAllocatedBytes) bytes of values")
        }
        allocated += bytes
        try touch(bytes: bytes)
    }

    /// Counts making a container of `items`.
    func allocate(items: Int) throws(Fault) {
        let (bytes, overflow) = items.multipliedReportingOverflow(by: MemoryLayout<Value>.stride)
        try allocate(bytes: overflow ? .max / 2 : bytes + 64)
    }

    /// Goes one level deeper; every call that succeeds is followed by one of `leave`.
    func enter() throws(Fault) {
        guard depth < limits.maxDepth else { throw .limit("evaluation nested \(limits.maxDepth) deep") }
        depth += 1
    }

    func leave() { depth -= 1 }
}
