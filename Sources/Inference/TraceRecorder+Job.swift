import Activations
import Randomness

extension TraceRecorder {
    /// A recorder whose choice of requests repeats with the seed.
    public convenience init(writer: consuming TraceWriter, options: Options = Options(), seed: UInt64) {
        self.init(writer: writer, options: options, random: SplitMix64(seed: seed))
    }

    /// Takes a request in that the engine begins; nil if it is not in the sample.
    func admit(_ job: Job) -> Recording? {
        admit(job.request.label, promptTokens: job.request.promptTokens.count, submitted: job.submitted)
    }

    /// Runs a forward pass that gives nil if it was given up.
    ///
    /// - Parameter owners: whose rows it has, in order.
    func record<Result>(_ owners: [(recording: Recording?, tokens: Int)], pass: () -> Result?) -> Result? {
        beginPass(owners)
        let result = pass()
        endPass(isComplete: result != nil)
        return result
    }
}

extension TraceRecorder? {
    /// Runs a forward pass, recorded where there is a recorder.
    func record<Result>(
        _ owners: @autoclosure () -> [(recording: TraceRecorder.Recording?, tokens: Int)], pass: () -> Result?
    ) -> Result? {
        guard let self else { return pass() }
        return self.record(owners(), pass: pass)
    }
}
