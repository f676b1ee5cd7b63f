import Foundation

/// The file form: `{"version":1,"nodes":N,"devices_per_node":D,"layers":[{"layer":3,"devices":[[…],…]}],"groups":…}`.
private struct PlanForm: Codable {
    struct Layer: Codable {
        let layer: Int
        let devices: [[Int]]
    }

    let version: Int
    let nodes: Int
    let devices_per_node: Int
    let layers: [Layer]
    let groups: GroupingModel?
}

extension PlacementPlan {
    /// A plan of 100 layers and 2,048 experts has 2 MB; one with the signatures of 40 groups some tens.
    private static let longestFile = 512 << 20

    /// Reads a plan file.
    ///
    /// - Parameter source: name for errors.
    /// - Throws: where the text is no JSON, a field is missing or has another type, the version is unknown, or the
    ///   plan is not valid (see `validate`).
    public init(json: Data, source: String) throws(PlacementError) {
        guard json.count <= Self.longestFile else {
            throw PlacementError(source: source, reason: "is longer than \(Self.longestFile) bytes")
        }
        let form: PlanForm
        do { form = try JSONDecoder().decode(PlanForm.self, from: json) } catch let error as DecodingError {
            throw PlacementError(decoding: error, source: source)
        } catch { throw PlacementError(source: source, reason: "\(error)") }
        guard form.version == Self.formatVersion else {
            throw PlacementError(
                source: source, item: "version", reason: "is \(form.version), known is \(Self.formatVersion)")
        }
        do throws(PlacementError) {
            try self.init(
                nodes: form.nodes, devicesPerNode: form.devices_per_node,
                layers: form.layers.map { ExpertLayout(block: $0.layer, devices: $0.devices) }, groups: form.groups)
        } catch {
            throw PlacementError(source: source, item: error.item, reason: error.reason)
        }
    }

    /// The plan as JSON, the same bytes for the same plan.
    public func json() throws(PlacementError) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return try encoder.encode(
                PlanForm(
                    version: Self.formatVersion, nodes: nodes, devices_per_node: devicesPerNode,
                    layers: layers.map { PlanForm.Layer(layer: $0.block, devices: $0.devices) }, groups: groups))
        } catch { throw PlacementError(reason: "cannot be written: \(error)") }
    }
}

extension PlacementError {
    /// `layers[0].devices[3]` and what is wrong there.
    init(decoding error: DecodingError, source: String) {
        let context =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: DecodingError.Context(codingPath: [], debugDescription: "\(error)")
            }
        let path = context.codingPath.reduce(into: "") { path, key in
            path += key.intValue.map { "[\($0)]" } ?? (path.isEmpty ? "" : ".") + key.stringValue
        }
        var reason = context.debugDescription
        if case .keyNotFound(let key, _) = error { reason = "has no \"\(key.stringValue)\"" }
        self.init(source: source, item: path.isEmpty ? nil : path, reason: reason)
    }
}
