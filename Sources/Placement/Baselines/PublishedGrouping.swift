import Activations

/// The grouping and placement of "arXiv 2604.23150" (2026), from its description.
///
/// Requests' decode activations over all layers are scaled to length 1 and clustered by K-means, a cluster a node.
/// `U[d, e]` sums the use of expert `e` over the requests of node `d`; every expert is placed once on the node that uses
/// it most and has room, the largest `U` first; then additional copies likewise. Within a node, where the paper says
/// nothing, copies are packed as EPLB packs them. A new request goes to the cluster its prompt is nearest to; without a
/// prompt, to the one most requests with its label belong to; without either, to the nodes in turn.
struct PublishedGrouping {
    private let training: TrainingSet
    private let room: LayerProblem.Room
    private let cluster: [Int]
    private let width: Int

    /// - Returns: nil where the time is over before.
    init?(_ training: TrainingSet, _ room: LayerProblem.Room, seed: UInt64, until time: SearchTime = .unlimited) {
        self.training = training
        self.room = room
        width = training.shape.layerCount * training.shape.expertCount
        let clusters = SphericalClusters.best(
            of: 4, training.vectors(), width: width, clusters: room.nodes, seed: seed, until: time)
        guard let clusters else { return nil }
        cluster = clusters.cluster
    }

    func plan() throws(PlacementError) -> PlacementPlan {
        try PlacementPlan(
            nodes: room.nodes, devicesPerNode: room.devicesPerNode,
            layers: training.shape.blocks.enumerated().map { ExpertLayout(block: $1, devices: devices($0)) },
            groups: groups())
    }

    /// `[nodes * experts]`.
    private func use(_ layer: Int) -> [Double] {
        let experts = training.shape.expertCount
        var use = [Double](repeating: 0, count: room.nodes * experts)
        for (index, count) in training.counts[layer].enumerated() {
            use[cluster[index / experts] * experts + index % experts] += Double(count)
        }
        return use
    }

    private func devices(_ layer: Int) -> [[Int]] {
        let experts = training.shape.expertCount
        let use = use(layer)
        let places = (room.copies + room.nodes - 1) / room.nodes
        var held = [[Int]](repeating: [], count: room.nodes)
        var copies = [Int](repeating: 0, count: experts)
        let order = use.indices.sorted { (use[$1], $0) < (use[$0], $1) }
        for first in [true, false] {
            for entry in order where !first || copies[entry % experts] == 0 {
                let (node, expert) = (entry / experts, entry % experts)
                guard held[node].count < places, !held[node].contains(expert),
                    first || copies.reduce(0, +) < room.copies
                else { continue }
                held[node].append(expert)
                copies[expert] += 1
            }
        }
        let loads = training.loads(layer: layer)
        return held.flatMap { experts in
            let weights = experts.map { loads[$0] / Double(copies[$0]) }
            let packing = BalancedPacking.pack(weights, packs: room.devicesPerNode, places: room.slotsPerDevice)
            var devices = [[Int]](repeating: [], count: room.devicesPerNode)
            for (index, device) in packing.pack.enumerated() { devices[device].append(experts[index]) }
            return devices
        }
    }

    /// In the form of our groups: a node costs 1 less where the published rule sends a request.
    private func groups() -> GroupingModel {
        let blank = [Double](repeating: 0, count: room.nodes)
        var labels: [String: [Double]] = [:]
        for (label, requests) in Dictionary(grouping: training.requests.indices, by: { training.requests[$0].label }) {
            guard let name = label.flatMap({ LabelFeatures.features(of: $0).first }) else { continue }
            var votes = [Int](repeating: 0, count: room.nodes)
            for request in requests { votes[cluster[request]] += 1 }
            var costs = blank
            costs[votes.firstIndex(of: votes.max() ?? 0) ?? 0] = -1
            labels[name] = costs
        }
        return GroupingModel(
            prices: blank, cold: blank, labels: labels, signatures: signatures(), band: Double(room.nodes))
    }

    /// The centres of the clusters as savings per use: the cosine with a prompt, up to the prompt's length.
    private func signatures() -> GroupingModel.Signatures? {
        guard training.requests.contains(where: { !$0.prompt.isEmpty }) else { return nil }
        let vectors = training.vectors()
        var centres = [[Float]](repeating: [Float](repeating: 0, count: width), count: room.nodes)
        for (request, node) in cluster.enumerated() {
            for index in 0..<width { centres[node][index] += vectors[request * width + index] }
        }
        centres = centres.map { centre in
            let length = centre.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return length > 0 ? centre.map { $0 / length } : centre
        }
        return GroupingModel.Signatures(
            savings: centres, mean: [Double](repeating: 0, count: room.nodes), weight: 1, labelWeight: 0)
    }
}
