import Foundation

/// Whether devices have the memory for their experts. What else is in it is not known.
extension CostModel {
    /// Bytes of the experts on the device that holds most of them over all layers.
    public func expertMemory(_ plan: PlacementPlan) -> Double {
        let held = (0..<plan.deviceCount).map { device in plan.layers.reduce(0) { $0 + $1.devices[device].count } }
        return Double(held.max() ?? 0) * model.expertBytes
    }

    /// - Throws: where no plan with so many copies in each layer fits into the devices.
    public func checkMemory(copies: Int, layers: Int) throws(PlacementError) {
        let devices = max(1, topology.deviceCount)
        // Some device has no less than the mean.
        let least = Double((copies * layers + devices - 1) / devices) * model.expertBytes
        guard least > topology.device.memory else { return }
        throw PlacementError(item: "memory", reason: "experts take at least " + ofADevice(least))
    }

    /// What is to be said of a plan that does not fit; nil where it does.
    public func memoryWarning(_ plan: PlacementPlan) -> String? {
        let most = expertMemory(plan)
        return most > topology.device.memory ? "experts take " + ofADevice(most) + ": TOO MUCH" : nil
    }

    private func ofADevice(_ bytes: Double) -> String {
        String(
            format: "%.4g GB of a device that has %.4g GB (%@, %@)", bytes / 1e9, topology.device.memory / 1e9,
            model.name, topology.name)
    }
}
