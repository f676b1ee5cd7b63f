import Inference

/// The fields that chats and plain completions have in common.
struct AnswerParameters: Equatable {
    var isStreamed = false
    /// Send token counts at the end of a stream.
    var includesUsage = false
    /// Answers for each prompt.
    var choices = 1
    var maxTokens: Int?
    var sampling: SamplingOptions
    var stop: [String] = []
    var ignoresEndOfText = false
    /// What a trace may say the request is about.
    var domain: String?
    var category: String?

    static let fields: Set<String> = [
        "ignore_eos", "max_completion_tokens", "max_tokens", "min_p", "model", "n", "seed", "stop", "stream",
        "stream_options", "temperature", "top_k", "top_p",
    ]

    /// - Parameter modelID: The model that is served; a request may name no other.
    init(_ reader: FieldReader, modelID: String, configuration: ServerConfiguration) throws(APIError) {
        if let name = try reader.string("model"), name != modelID {
            throw .unknownModel(name, served: modelID)
        }
        sampling = configuration.defaultSampling
        isStreamed = try reader.bool("stream") ?? false
        includesUsage = try Self.includesUsage(reader, isStreamed: isStreamed)
        choices = Int(try reader.integer("n", in: 1...Int64(configuration.maxChoices)) ?? 1)
        ignoresEndOfText = try reader.bool("ignore_eos") ?? false
        stop = try Self.stop(reader)
        maxTokens = try Self.maxTokens(reader)
        try readSampling(reader)
        domain = Self.label(reader, "domain")
        category = Self.label(reader, "category")
    }

    /// A text in `metadata`, cut to what the OpenAI API allows there. It does not change the answer: anything else is
    /// passed over.
    private static func label(_ reader: FieldReader, _ name: String) -> String? {
        guard case .object(let metadata) = reader.value("metadata"), case .string(let text) = metadata[name] else {
            return nil
        }
        return String(text.prefix(512))
    }

    /// The newer name counts where both are given.
    private static func maxTokens(_ reader: FieldReader) throws(APIError) -> Int? {
        let range = 1...Int64(Int32.max)
        let older = try reader.integer("max_tokens", in: range)
        return (try reader.integer("max_completion_tokens", in: range) ?? older).map { Int($0) }
    }

    private mutating func readSampling(_ reader: FieldReader) throws(APIError) {
        if let value = try reader.number("temperature", in: 0...2) { sampling.temperature = Float(value) }
        if let value = try reader.number("top_p", in: 0...1) { sampling.topP = Float(value) }
        if let value = try reader.number("min_p", in: 0...1) { sampling.minP = Float(value) }
        // Some servers write "keep all" as -1.
        if let value = try reader.integer("top_k", in: -1...Int64(Int32.max)) { sampling.topK = max(0, Int(value)) }
        if let value = try reader.integer("seed", in: .min ... .max) { sampling.seed = UInt64(bitPattern: value) }
    }

    private static func includesUsage(_ reader: FieldReader, isStreamed: Bool) throws(APIError) -> Bool {
        guard let options = try reader.reader("stream_options") else { return false }
        guard isStreamed else {
            throw .invalid("stream_options is only allowed when stream is true.", param: "stream_options")
        }
        try UnsupportedFields.check(options, known: ["include_obfuscation", "include_usage"])
        return try options.bool("include_usage") ?? false
    }

    private static let maxStops = 16
    private static let maxStopBytes = 1024

    private static func stop(_ reader: FieldReader) throws(APIError) -> [String] {
        let values: [JSONValue]
        switch reader.value("stop") {
        case nil: return []
        case .string(let text): values = [.string(text)]
        case .array(let elements): values = elements
        case .some(let other): throw reader.wrongType("stop", other, expected: "a string or an array of strings")
        }
        guard values.count <= maxStops else {
            throw .invalid("stop holds \(values.count) texts, but at most \(maxStops) are allowed.", param: "stop")
        }
        var stops: [String] = []
        for (index, value) in values.enumerated() {
            guard case .string(let text) = value, !text.isEmpty, text.utf8.count <= maxStopBytes else {
                throw .invalid("A stop must be a text of 1 to \(maxStopBytes) bytes.", param: "stop[\(index)]")
            }
            stops.append(text)
        }
        return stops
    }
}

extension APIError {
    static func unknownModel(_ name: String, served: String) -> APIError {
        .notFound(
            "The model '\(name)' does not exist here. This server has '\(served)'.", param: "model",
            code: "model_not_found")
    }
}
