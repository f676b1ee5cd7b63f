/// Which experts each device holds in one MoE layer.
public struct ExpertLayout: Sendable, Equatable {
    /// Transformer block of the layer.
    public let block: Int
    /// `devices[d]`: logical ids of the experts in the slots of device `d`, none of them twice.
    public let devices: [[Int]]

    public init(block: Int, devices: [[Int]]) {
        self.block = block
        self.devices = devices
    }
}
