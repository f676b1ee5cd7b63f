/// One layer to place: where its copies may go, whom its sampled tokens chose and from which home, and expert loads.
struct LayerProblem: Sendable {
    /// Room for copies.
    struct Room: Sendable {
        let nodes: Int
        let devicesPerNode: Int
        /// Most experts a device holds.
        let slotsPerDevice: Int
        /// Copies of all experts together, at most.
        let copies: Int

        var devices: Int { nodes * devicesPerNode }
        var slotsPerNode: Int { devicesPerNode * slotsPerDevice }
    }

    let room: Room
    let experts: Int
    let topK: Int
    /// `[tokens * topK]`; ids beyond `experts` are no choice.
    let choices: [UInt16]
    let homes: [UInt16]
    /// What each sampled token stands for, as a share of all tokens.
    let weights: [Float]
    /// Tokens of expert `e`: `tokensByExpert[offsets[e]..<offsets[e + 1]]`.
    let offsets: [Int32]
    let tokensByExpert: [Int32]
    /// `[nodes * experts]`: assignments to an expert from a home, as a share of all the fold's assignments.
    let loads: [FoldLoads]
    /// `[experts]`: the same from all homes.
    let totals: [FoldLoads]

    /// Nil trusts the loads of all devices.
    var trusted: TrustedDevices?

    /// - Parameter evenFolds: in so many folds, the first, all copies of an expert share alike, whatever the homes.
    init(
        room: Room, experts: Int, topK: Int, choices: [UInt16], homes: [UInt16], weights: [Float], loads: [FoldLoads],
        evenFolds: Int = 0
    ) {
        self.room = room
        self.experts = experts
        self.topK = topK
        self.choices = choices
        self.homes = homes
        self.weights = weights
        var totals = [FoldLoads](repeating: .zero, count: experts)
        for (index, load) in loads.enumerated() { totals[index % experts] += load }
        self.totals = totals
        var local = loads
        for index in local.indices where evenFolds > 0 {
            // Nothing comes from the own node: all of an expert's load is shared by all of its copies.
            for fold in 0..<evenFolds { local[index][fold] = 0 }
        }
        self.loads = local
        (offsets, tokensByExpert) = Self.index(choices, topK: topK, experts: experts)
    }

    private static func index(_ choices: [UInt16], topK: Int, experts: Int) -> ([Int32], [Int32]) {
        var offsets = [Int32](repeating: 0, count: experts + 1)
        for expert in choices where Int(expert) < experts { offsets[Int(expert) + 1] += 1 }
        for expert in 0..<experts { offsets[expert + 1] += offsets[expert] }
        var next = offsets
        var tokens = [Int32](repeating: 0, count: Int(offsets[experts]))
        for (index, expert) in choices.enumerated() where Int(expert) < experts {
            tokens[Int(next[Int(expert)])] = Int32(index / topK)
            next[Int(expert)] += 1
        }
        return (offsets, tokens)
    }

    func tokens(of expert: Int) -> ArraySlice<Int32> {
        tokensByExpert[Int(offsets[expert])..<Int(offsets[expert + 1])]
    }
}
