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
}
