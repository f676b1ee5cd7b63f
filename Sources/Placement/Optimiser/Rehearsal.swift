import Randomness

/// Finds out how much of a placement's balance is lost on requests it was not made for.
///
/// A search fits its layout closer to the training requests than EPLB does, so it loses more. How much depends on the
/// trace: some of the requests are left out, by whole labels and by request in turn, a short search places for the
/// others, and the balance of both is taken on those left out.
struct Rehearsal {
    /// Taken where nothing can be measured: few requests, or no time.
    static let usualSlip = slips.lowerBound
    /// So few parts cannot tell less, and where balance is all chance, more would leave nothing to choose from.
    private static let slips = 1.06...1.1
    /// Every other one leaves out whole labels.
    private static let parts = 4

    let training: TrainingSet
    let demand: PlacementDemand

    /// By how much more ours rises than the peer's from training to unseen requests, as a factor that most sets of
    /// unseen requests stay below; nil where it cannot be said.
    func slip(until time: SearchTime) -> Double? {
        guard training.requests.count >= 64 else { return nil }
        var slips: [Double] = []
        for part in 0..<Self.parts {
            let share = time.share(ofItems: Self.parts - part, threads: 1)
            guard let found = try? self.slip(part, until: share), !time.isOver else { return nil }
            slips.append(part % 2 == 0 ? found.new : found.known)
        }
        let mean = slips.reduce(0, +) / Double(slips.count)
        let variance = slips.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(slips.count - 1)
        return min(max(Self.slips.lowerBound, mean + variance.squareRoot()), Self.slips.upperBound)
    }

    private func slip(_ part: Int, until time: SearchTime) throws(PlacementError) -> Imbalance? {
        let unseen = unseen(part)
        // Tokens tell the visits, which do not matter here; loads are of all tokens.
        let others = training.subset(training.requests.indices.filter { !unseen.contains($0) }, thinning: 4)
        let judges = training.subset(training.requests.indices.filter(unseen.contains))
        var search = try PlacementSearch(others, demand, until: time)
        search.becomeRehearsal()
        search.improve(until: time)
        guard let (ours, peers) = search.balance(on: judges), peers.known > 0, let trained = search.peerImbalance
        else { return nil }
        return ours / peers * (trained / search.reached)
    }

    /// A random quarter of the requests; in every other part made up of whole labels.
    private func unseen(_ part: Int) -> Set<Int> {
        let groups = part % 2 == 0 ? training.requestsByLabel : training.requests.indices.map { [$0] }
        var random = SplitMix64(seed: demand.seed &+ 0x5151 &+ UInt64(part))
        var unseen: Set<Int> = []
        for group in groups.shuffled(using: &random) where unseen.count < training.requests.count / 4 {
            unseen.formUnion(group)
        }
        return unseen
    }
}
