import Foundation

/// The file form: `{"version":1,"nodes":N,"devices_per_node":D,"layers":[{"layer":3,"devices":[[…],…]}],"groups":…}`.
private struct PlanForm: Codable {
    struct Layer: Codable {
        let layer: WholeNumber
        let devices: [[WholeNumber]]
    }

    let version: WholeNumber
    let nodes: WholeNumber
    let devices_per_node: WholeNumber
    let layers: [Layer]
    let groups: GroupingModel?
}

/// A number whose error says where it stands: of `0.5` and 2^63 the decoder says only that the file is no JSON.
private struct WholeNumber: Codable {
    let value: Int

    init(_ value: Int) { self.value = value }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do { value = try container.decode(Int.self) } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "is not a whole number of 64 bits")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}

extension PlanForm {
    /// Other readers look for `groups` where there are none, too.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(nodes, forKey: .nodes)
        try container.encode(devices_per_node, forKey: .devices_per_node)
        try container.encode(layers, forKey: .layers)
        try container.encode(groups, forKey: .groups)
    }
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
        guard form.version.value == Self.formatVersion else {
            throw PlacementError(
                source: source, item: "version", reason: "is \(form.version.value), known is \(Self.formatVersion)")
        }
        do throws(PlacementError) {
            try self.init(
                nodes: form.nodes.value, devicesPerNode: form.devices_per_node.value,
                layers: form.layers.map { layer in
                    ExpertLayout(block: layer.layer.value, devices: layer.devices.map { $0.map(\.value) })
                }, groups: form.groups)
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
                    version: WholeNumber(Self.formatVersion), nodes: WholeNumber(nodes),
                    devices_per_node: WholeNumber(devicesPerNode),
                    layers: layers.map { layer in
                        PlanForm.Layer(
                            layer: WholeNumber(layer.block), devices: layer.devices.map { $0.map(WholeNumber.init) })
                    }, groups: groups))
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
