/// Explains costs of requests by features of their labels: ridge regression, solved feature by feature.
///
/// A feature of few requests is drawn towards 0, so a rare label says little more than its words do.
struct LabelRegression {
    /// Weight, in mean requests, of the pull towards 0.
    var ridge = 0.7
    var sweeps = 30

    /// - Parameters:
    ///   - targets: `[requests * width]`.
    ///   - labels: of the requests; one without has no features.
    ///   - time: once it is over, the features are not right.
    /// - Returns: for each feature what it adds, `[width]`.
    func fit(
        _ targets: [Double], width: Int, labels: [String?], weights: [Double], until time: SearchTime = .unlimited
    ) -> [String: [Double]] {
        let features = labels.map { $0.map(LabelFeatures.features) ?? [] }
        var members: [String: [Int]] = [:]
        for (request, names) in features.enumerated() {
            for name in names { members[name, default: []].append(request) }
        }
        // The widest first, so that what is common is said by what many share.
        let order = members.keys.sorted { (members[$1]?.count ?? 0, $0) < (members[$0]?.count ?? 0, $1) }
        let pull = ridge * weights.reduce(0, +) / Double(max(1, weights.count))
        var residuals = targets
        var fitted = members.mapValues { _ in [Double](repeating: 0, count: width) }
        for _ in 0..<sweeps where !time.isOver {
            for name in order {
                step(name, members[name] ?? [], width: width, weights, pull, &residuals, &fitted)
            }
        }
        return fitted
    }

    private func step(
        _ name: String, _ requests: [Int], width: Int, _ weights: [Double], _ pull: Double,
        _ residuals: inout [Double], _ fitted: inout [String: [Double]]
    ) {
        var values = fitted[name] ?? []
        let mass = requests.reduce(0) { $0 + weights[$1] } + pull
        for column in 0..<width {
            var sum = 0.0
            for request in requests { sum += weights[request] * (residuals[request * width + column] + values[column]) }
            let change = sum / mass - values[column]
            for request in requests { residuals[request * width + column] -= change }
            values[column] += change
        }
        fitted[name] = values
    }
}
