extension CostModel {
    /// What placement can change of a layer's time, in seconds: of one visit per token to another node, and of 1 in
    /// largest over mean device load.
    ///
    /// Visits are taken to spread equally over the nodes, copies to be forwarded inside a node. An expert's weights are
    /// read whatever its load, so load costs arithmetic alone. Simulation gives the whole time.
    /// - Parameter tokensPerDevice: of a step.
    public func placementPrices(tokensPerDevice: Int) -> (visit: Double, imbalance: Double) {
        let link = topology.interNode
        let sharers = link.sharing == .device ? 1 : topology.devicesPerNode
        let sent = Double(tokensPerDevice * sharers) * (vectorBytes.dispatch + vectorBytes.combine)
        let assignments = Double(tokensPerDevice * model.expertsPerToken)
        return (
            sent / link.goodput(relayed: true),
            2 * model.expertParameters * assignments / (topology.device.compute * topology.device.efficiency)
        )
    }

    /// The least time as an objective of the search.
    ///
    /// Only the ratio of the prices matters to what is best. They are scaled to 1 for the larger one, as the search's
    /// temperatures are made for prices of about 1.
    /// - Parameter tokensPerDevice: of a step.
    public func timeObjective(tokensPerDevice: Int) -> PlacementDemand.Objective {
        let prices = placementPrices(tokensPerDevice: tokensPerDevice)
        let scale = 1 / max(prices.visit, prices.imbalance)
        return .time(visit: prices.visit * scale, imbalance: prices.imbalance * scale)
    }
}
