import Checkpoints
import Foundation
import Tensors

/// How often each expert of each MoE layer was chosen, as recorded: what tells which experts deserve more bits.
public struct ExpertUse: Sendable, Equatable {
    /// `layers[i][e]`: tokens that expert `e` of the i-th MoE layer handled.
    public let layers: [[UInt64]]

    public init(layers: [[UInt64]]) { self.layers = layers }

    /// Reads the answer of `GET /v1/experts`, or a trace folder of `meta.json` and `experts.uint8.bin`
    /// (row-major [tokens × layers × experts per token], expert ids).
    public init(path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw QuantizationError("\(path): does not exist")
        }
        self = try isFolder.boolValue ? ExpertUse(trace: path) : ExpertUse(snapshot: path)
    }

    private init(snapshot path: String) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        guard bytes.count <= 64 << 20 else { throw QuantizationError("\(path): is larger than 64 MiB") }
        let listed = try ConfigValue.parse(bytes: [UInt8](bytes), file: path)["layers"]?.arrayValue
        guard let listed, !listed.isEmpty else { throw QuantizationError("\(path): layers: missing") }
        layers = try listed.enumerated().map { index, layer in
            let tokens = layer["tokens"]?.arrayValue?.map { $0.intValue.flatMap { UInt64(exactly: $0) } }
            guard let tokens, !tokens.isEmpty, !tokens.contains(nil) else {
                throw QuantizationError("\(path): layers[\(index)].tokens: should be counts")
            }
            return tokens.compactMap { $0 }
        }
    }

    private init(trace folder: String) throws {
        let file = folder + "/meta.json"
        let meta = try ConfigValue.parse(bytes: [UInt8](Data(contentsOf: URL(fileURLWithPath: file))), file: file)
        func size(_ key: String, _ range: ClosedRange<Int>) throws -> Int {
            guard let value = meta[key]?.intValue, range.contains(value) else {
                throw QuantizationError("\(file): \(key): should be within \(range.lowerBound)…\(range.upperBound)")
            }
            return value
        }
        let layerCount = try size("num_moe_layers", 1...1024)
        let expertCount = try size("num_experts", 1...256)
        let perToken = try size("top_k", 1...expertCount)
        let data = folder + "/experts.uint8.bin"
        let ids = try Data(contentsOf: URL(fileURLWithPath: data), options: .mappedIfSafe)
        guard !ids.isEmpty, ids.count.isMultiple(of: layerCount * perToken) else {
            throw QuantizationError(
                "\(data): \(ids.count) bytes are not whole tokens of \(layerCount) × \(perToken) ids")
        }
        var counts = [[UInt64]](repeating: [UInt64](repeating: 0, count: expertCount), count: layerCount)
        for (offset, id) in ids.enumerated() {
            guard id < expertCount else {
                throw QuantizationError("\(data): byte \(offset): expert \(id) of \(expertCount)")
            }
            counts[offset / perToken % layerCount][Int(id)] += 1
        }
        layers = counts
    }

    /// Rules that give the busiest `share` of each layer's experts `type`.
    ///
    /// - Parameter blocks: the Transformer block of each MoE layer.
    public func recipe(share: Double, type: ElementType, blocks: [Int], expertCount: Int) throws(QuantizationError)
        -> QuantizationRecipe
    {
        guard layers.count == blocks.count, layers.allSatisfy({ $0.count == expertCount }) else {
            throw QuantizationError(
                "the recorded use is of \(layers.count) layers of \(layers.first?.count ?? 0) experts, the model has "
                    + "\(blocks.count) of \(expertCount)")
        }
        let kept = Int((share * Double(expertCount)).rounded(.up))
        return QuantizationRecipe(
            rules: zip(layers, blocks).map { counts, block in
                // The lower id first among experts of equal use.
                let busiest = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(kept).sorted()
                return .init(pattern: "blk.\(block).ffn_*_exps.weight", experts: busiest.map { $0...$0 }, type: type)
            })
    }
}
