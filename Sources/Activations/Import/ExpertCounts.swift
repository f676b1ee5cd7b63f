import Checkpoints

/// How often each expert of each MoE layer was chosen: what load balancers take, and all that some programs tell.
public struct ExpertCounts: Sendable, Equatable {
    public static let fileName = "counts.json"
    static let format = "guildhall-counts"

    /// Transformer block of each layer, ascending.
    public let blocks: [Int]
    public let expertCount: Int
    /// Experts a token uses in a layer, where that is known.
    public var topK: Int?
    /// `[layers][experts]`: (token, expert) assignments.
    public private(set) var counts: [[UInt64]]

    public init(blocks: [Int], expertCount: Int, topK: Int? = nil) {
        self.blocks = blocks
        self.expertCount = expertCount
        self.topK = topK
        counts = blocks.map { _ in [UInt64](repeating: 0, count: expertCount) }
    }

    /// The counts of a trace, of one phase or both, and what of it could not be read.
    public static func counting(
        _ source: any TraceSource, prefill: Bool = true, decode: Bool = true
    ) -> (counts: ExpertCounts, damages: [TraceDamage]) {
        let shape = source.shape
        var result = ExpertCounts(blocks: shape.blocks, expertCount: shape.expertCount, topK: shape.topK)
        let damages = source.forEachRequest { request in
            let boundary = request.prefillTokens * shape.idsPerToken
            let first = prefill ? 0 : boundary
            let last = decode ? request.experts.count : boundary
            guard first < last else { return }
            result.add(request.experts[first..<last], shape: shape)
        }
        return (result, damages)
    }

    private mutating func add(_ experts: ArraySlice<UInt16>, shape: TraceShape) {
        for (place, id) in experts.enumerated() where id != RequestTrace.noExpert {
            counts[place / shape.topK % shape.layerCount][Int(id)] += 1
        }
    }

    /// Adds to one expert's count. Throws if the sum has more bits than files of counts hold.
    mutating func add(_ count: UInt64, layer: Int, expert: Int, file: String) throws(TraceError) {
        let (sum, overflow) = counts[layer][expert].addingReportingOverflow(count)
        guard !overflow, sum <= Int64.max else {
            throw TraceError(
                file: file, item: "layer \(blocks[layer]), expert \(expert)", reason: "the sum has more than 63 bits")
        }
        counts[layer][expert] = sum
    }

    /// The counts without layers in which nothing was counted: dense ones.
    func withoutEmptyLayers() -> ExpertCounts {
        let used = counts.indices.filter { layer in counts[layer].contains { $0 > 0 } }
        var result = ExpertCounts(blocks: used.map { blocks[$0] }, expertCount: expertCount, topK: topK)
        result.counts = used.map { counts[$0] }
        return result
    }
}

extension ExpertCounts {
    private struct Form: Encodable {
        let format = ExpertCounts.format
        let version = 1
        let blocks: [Int]
        let expert_count: Int
        let top_k: Int?
        let counts: [[UInt64]]
    }

    /// The text of a counts file.
    public func json() throws(TraceError) -> [UInt8] {
        try jsonBytes(
            Form(blocks: blocks, expert_count: expertCount, top_k: topK, counts: counts), file: Self.fileName)
    }

    /// Reads a counts file.
    public init(path: String, limits: TraceLimits = .default) throws(TraceError) {
        let text = try MappedFile.open(path)
        guard text.count <= limits.indexBytes else {
            throw TraceError(file: path, reason: "has \(text.count) bytes, above the limit of \(limits.indexBytes)")
        }
        let value = try ConfigValue.parse(text, file: path)
        let fields = FieldReader(value, file: path)
        guard fields["format"]?.stringValue == Self.format, fields["version"]?.intValue == 1 else {
            throw fields.error("format", "is not \"\(Self.format)\", version 1")
        }
        let rows = (fields["counts"]?.arrayValue ?? []).map { $0.arrayValue ?? [] }
        let blocks = (fields["blocks"]?.arrayValue ?? []).compactMap(\.intValue)
        let experts = try fields.size("expert_count")
        let topK = try fields.optionalSize("top_k")
        let shape = TraceShape(blocks: blocks, expertCount: experts, topK: topK ?? 1)
        if let problem = shape.problem(limits) { throw fields.error("blocks", problem) }
        guard rows.count == blocks.count, rows.allSatisfy({ $0.count == experts }) else {
            throw fields.error("counts", "are not \(blocks.count) layers of \(experts) experts")
        }
        self.init(blocks: blocks, expertCount: experts, topK: topK)
        for (layer, row) in rows.enumerated() {
            for (expert, value) in row.enumerated() {
                guard let count = value.intValue.flatMap(UInt64.init(exactly:)) else {
                    throw fields.error("counts", "hold something other than whole numbers from 0")
                }
                counts[layer][expert] = count
            }
        }
    }
}
