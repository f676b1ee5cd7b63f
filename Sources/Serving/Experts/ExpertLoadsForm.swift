import Activations
import Inference

/// The JSON of the experts' loads.
enum ExpertLoadsForm {
    static func snapshot(_ loads: ExpertLoads, model: ModelDescription) -> JSONValue {
        [
            "model": describe(model),
            "layers": .array(
                loads.layers.map { layer in
                    [
                        "block": .integer(layer.block),
                        "imbalance": .number(layer.imbalance),
                        "tokens": .array(layer.tokens.map(count)),
                        "shares": .array(layer.shares.map { .number($0) }),
                    ]
                }),
        ]
    }

    /// Tokens since `earlier`, layer by layer. Layers in which nothing changed are left out.
    static func delta(from earlier: ExpertLoads, to later: ExpertLoads) -> JSONValue {
        var layers: [JSONValue] = []
        for (before, after) in zip(earlier.layers, later.layers) where before != after {
            let tokens = zip(before.tokens, after.tokens).map { count($1 &- $0) }
            layers.append(["block": .integer(after.block), "tokens": .array(tokens)])
        }
        return ["layers": .array(layers)]
    }

    private static func describe(_ model: ModelDescription) -> JSONValue {
        [
            "id": .string(model.id),
            "architecture": .string(model.architecture),
            "context_length": .integer(model.contextLength),
            "vocabulary_size": .integer(model.vocabularySize),
            "layers": .integer(model.layers),
            "experts": .integer(model.experts),
            "experts_per_token": .integer(model.expertsPerToken),
        ]
    }

    private static func count(_ tokens: UInt64) -> JSONValue { .integer(Int64(clamping: tokens)) }
}
