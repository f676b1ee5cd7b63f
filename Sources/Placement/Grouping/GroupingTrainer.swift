import Activations
import Randomness

/// Fits a grouping model to what each home would cost each training request.
struct GroupingTrainer {
    let training: TrainingSet
    let nodes: Int
    /// Highest load of a node that requests are still sent to, above the mean.
    var band = 0.1

    /// - Parameters:
    ///   - costs: visits per token and layer, `[requests * nodes]`.
    ///   - savings: as in `GroupingModel.Signatures`; nil where the trace has no prompts.
    /// - Returns: nil where the time is over before.
    func fit(costs: [Double], savings: [[Float]]?, until time: SearchTime = .unlimited) -> GroupingModel? {
        let weights = training.requests.map { Double($0.tokens) }
        let total = max(weights.reduce(0, +), 1)
        let cold = (0..<nodes).map { node in
            weights.enumerated().reduce(0) { $0 + $1.element * costs[$1.offset * nodes + node] } / total
        }
        let differences = costs.enumerated().map { $0.element - cold[$0.offset % nodes] }
        let labels = LabelRegression().fit(
            differences, width: nodes, labels: training.requests.map(\.label), weights: weights, until: time)
        let blank = [Double](repeating: 0, count: nodes)
        let plain = GroupingModel(prices: blank, cold: cold, labels: labels, band: band)
        let signatures = savings.flatMap { self.signatures($0, differences: differences, plain: plain) }
        let model = GroupingModel(prices: blank, cold: cold, labels: labels, signatures: signatures, band: band)
        let predicted = arrivals.flatMap { model.costs(of: $0, shape: training.shape).costs }
        let prices = FairPrices.prices(predicted, nodes: nodes, band: band, until: time)
        guard !time.isOver else { return nil }
        return GroupingModel(prices: prices, cold: cold, labels: labels, signatures: signatures, band: band)
    }

    /// Homes that the model gives the training requests when they arrive in random order.
    func homes(_ model: GroupingModel?, seed: UInt64) -> [Int] {
        var random = SplitMix64(seed: seed)
        var assigner = GroupAssigner(model: model, nodes: nodes)
        var homes = [Int](repeating: 0, count: training.requests.count)
        let arrivals = arrivals
        for request in arrivals.indices.shuffled(using: &random) {
            homes[request] = assigner.assign(arrivals[request], shape: training.shape).node
        }
        return homes
    }

    private var arrivals: [GroupAssigner.Arrival] {
        training.requests.map { GroupAssigner.Arrival(label: $0.label, experts: $0.prompt[...]) }
    }

    /// How far the differences between prompts last into answers: least squares on the prompt's and the label's
    /// predictions, over all requests and nodes.
    private func signatures(
        _ savings: [[Float]], differences: [Double], plain: GroupingModel
    ) -> GroupingModel.Signatures? {
        let blank = [Double](repeating: 0, count: nodes)
        let probe = GroupingModel(
            prices: blank, cold: blank,
            signatures: GroupingModel.Signatures(savings: savings, mean: blank, weight: 1, labelWeight: 0))
        let saved = training.requests.map { probe.savings(of: $0.prompt[...], shape: training.shape) }
        let known = saved.compactMap { $0 }
        guard !known.isEmpty else { return nil }
        let mean = (0..<nodes).map { node in known.reduce(0) { $0 + $1[node] } / Double(known.count) }
        var normal = (aa: 1e-9, ab: 0.0, bb: 1e-9, ay: 0.0, by: 0.0)
        for (request, saved) in saved.enumerated() {
            guard let saved else { continue }
            let label = plain.labelCosts(training.requests[request].label).added
            for node in 0..<nodes {
                let (a, b, y) = (mean[node] - saved[node], label[node], differences[request * nodes + node])
                normal.aa += a * a
                normal.ab += a * b
                normal.bb += b * b
                normal.ay += a * y
                normal.by += b * y
            }
        }
        let determinant = max(normal.aa * normal.bb - normal.ab * normal.ab, 1e-18)
        return GroupingModel.Signatures(
            savings: savings, mean: mean,
            weight: max(0, (normal.ay * normal.bb - normal.by * normal.ab) / determinant),
            labelWeight: max(0, (normal.by * normal.aa - normal.ay * normal.ab) / determinant))
    }
}
