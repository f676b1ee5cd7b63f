import Inference

/// The JSON of `/v1/models`: what a client may know of the model.
struct ModelsForm {
    let model: ModelDescription
    /// Unix time in seconds from which the model is served.
    let created: Int64

    var list: JSONValue { ["object": "list", "data": [single]] }

    var single: JSONValue {
        [
            "id": .string(model.id),
            "object": "model",
            "created": .integer(created),
            "owned_by": "guildhall",
            "architecture": .string(model.architecture),
            "context_length": .integer(model.contextLength),
        ]
    }
}
