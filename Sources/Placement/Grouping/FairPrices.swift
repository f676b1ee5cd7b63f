import Foundation

/// Prices of places on nodes at which requests, each going where its cost plus the price is least, fill no node above
/// its share.
enum FairPrices {
    /// Entropy-regularised transport (Sinkhorn iterations), at a temperature small against the differences in cost.
    ///
    /// - Parameters:
    ///   - costs: `[requests * nodes]`.
    ///   - band: how far above the mean a node may be filled.
    ///   - time: once it is over, the prices are not right.
    /// - Returns: `[nodes]`, 0 or more; 0 for a node that is not filled to its share.
    static func prices(
        _ costs: [Double], nodes: Int, band: Double, iterations: Int = 300, until time: SearchTime = .unlimited
    ) -> [Double] {
        let requests = costs.count / nodes
        guard requests > 0, nodes > 1 else { return [Double](repeating: 0, count: nodes) }
        let temperature = max(spread(costs, nodes: nodes) * 0.1, 1e-9)
        var prices = [Double](repeating: 0, count: nodes)
        for _ in 0..<iterations where !time.isOver {
            var loads = [Double](repeating: 0, count: nodes)
            for request in 0..<requests {
                let row = (0..<nodes).map { costs[request * nodes + $0] + prices[$0] }
                let least = row.min() ?? 0
                let shares = row.map { exp((least - $0) / temperature) }
                let sum = shares.reduce(0, +)
                for node in 0..<nodes { loads[node] += shares[node] / sum }
            }
            for node in 0..<nodes {
                let filled = loads[node] * Double(nodes) / (Double(requests) * (1 + band))
                prices[node] = max(0, prices[node] + temperature * log(max(filled, 1e-3)))
            }
        }
        return prices
    }

    /// Standard deviation of costs about the mean of their request.
    private static func spread(_ costs: [Double], nodes: Int) -> Double {
        var sum = 0.0
        for start in stride(from: 0, to: costs.count, by: nodes) {
            let row = costs[start..<start + nodes]
            let mean = row.reduce(0, +) / Double(nodes)
            sum += row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        }
        return (sum / Double(max(1, costs.count))).squareRoot()
    }
}
