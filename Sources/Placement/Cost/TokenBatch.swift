/// The tokens of one step: where each is, and where its experts stand in a trace.
public struct TokenBatch: Sendable, Equatable {
    /// Device that each token is on.
    public var devices: [Int32] = []
    /// Index of each token's first id in the trace's ids: `[layers, topK]` of it follow.
    public var rows: [Int] = []
    /// Number of the request that each token belongs to; bytes are also counted by it.
    public var requests: [Int32] = []

    public init() {}

    public var count: Int { devices.count }

    public mutating func append(device: Int, row: Int, request: Int) {
        devices.append(Int32(device))
        rows.append(row)
        requests.append(Int32(request))
    }

    public mutating func removeAll() {
        devices.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        requests.removeAll(keepingCapacity: true)
    }
}
