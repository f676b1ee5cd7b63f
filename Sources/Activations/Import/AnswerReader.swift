import Checkpoints

/// Reads the routed experts in one answer of an OpenAI-like API, of vLLM, Dynamo or SGLang.
struct AnswerReader {
    private let answer: ConfigValue
    /// The answer, or what a log wrapped around it.
    private let outer: ConfigValue
    private let file: String
    private let name: String
    private let options: ImportOptions

    /// - Parameter name: of the request, if the answer has no id.
    init(_ value: ConfigValue, file: String, name: String, options: ImportOptions) {
        outer = value
        answer = value["response"].flatMap { $0.objectValue == nil ? nil : $0 } ?? value
        self.file = file
        self.name = name
        self.options = options
    }

    /// One request for each choice that has routed experts. Throws if none has.
    func requests() throws(TraceError) -> [ForeignRequest] {
        let choices = answer["choices"]?.arrayValue ?? [answer]
        var requests: [ForeignRequest] = []
        for (index, choice) in choices.enumerated() {
            guard let request = try request(choice, index, of: choices.count) else { continue }
            requests.append(request)
        }
        guard !requests.isEmpty else {
            throw TraceError(file: file, item: name, reason: "the answer has no routed_experts")
        }
        return requests
    }

    private func request(_ choice: ConfigValue, _ index: Int, of choices: Int) throws(TraceError) -> ForeignRequest? {
        let prompt = routed("prompt_routed_experts", choice)
        // What stands at the whole answer is the first choice's (SGLang 0.5.23); a prompt is that of all.
        let own = routed("routed_experts", choice, orAnswer: index == 0)
        guard prompt != nil || own != nil else { return nil }
        let counts = TokenCounts(answer, choice, isOnly: choices == 1)
        var foreign =
            try prompt == nil
            ? whole(own, counts) : parts(prompt: prompt, answer: own, counts)
        let labels = FieldReader(outer, file: file, object: name)
        let id = answer["id"]?.stringValue ?? answer["meta_info"]?["id"]?.stringValue ?? name
        foreign.request.id = String(id.prefix(1000)) + (choices > 1 ? "-\(index)" : "")
        foreign.request.domain = try labels.optionalText("domain")
        foreign.request.category = try labels.optionalText("category")
        foreign.request.arrival = try labels.optionalNumber("arrival")
        if options.skipsPrefill { foreign.dropPrefill() }
        return foreign
    }

    /// One array for prompt and answer: all tokens but the last, from `start` on.
    private func whole(_ value: ConfigValue?, _ counts: TokenCounts) throws(TraceError) -> ForeignRequest {
        guard let value else { throw TraceError(file: file, item: name, reason: "has no routed_experts") }
        let field = "\(name).routed_experts"
        let routed = try RoutedValue(value, file: file, field: field)
        var told = routed.start
        if told == nil { told = try askedStart() }
        let ids = try routed.array.rows(
            options, tokens: counts.rows.map { $0 - (told ?? 0) }, file: file, field: field)
        guard let prompt = counts.prompt else {
            throw TraceError(
                file: file, item: name, reason: "no prompt_tokens tell where the prompt ends and the answer begins")
        }
        let start = told ?? max(0, (counts.rows ?? 0) - ids.shape[0])
        let request = RequestTrace(
            id: name, prefillTokens: min(max(0, prompt - start), ids.shape[0]), firstPosition: start, experts: [])
        return ForeignRequest(request: request, ids: ids, hasDenseLayers: routed.isBare)
    }

    /// Two arrays, one of the prompt and one of the answer (vLLM 0.21).
    private func parts(
        prompt: ConfigValue?, answer: ConfigValue?, _ counts: TokenCounts
    ) throws(TraceError) -> ForeignRequest {
        var parts: [(array: NumberArray, start: Int?)] = []
        for (value, field) in [(prompt, "prompt_routed_experts"), (answer, "routed_experts")] {
            guard let value, !value.isNull else { continue }
            let routed = try RoutedValue(value, file: file, field: "\(name).\(field)")
            let ids = try routed.array.rows(options, tokens: nil, file: file, field: "\(name).\(field)")
            parts.append((ids, routed.start))
        }
        var ids = parts[0].array
        for (part, _) in parts.dropFirst() where part.shape[0] > 0 {
            guard ids.shape[0] == 0 || part.shape[1...] == ids.shape[1...] else {
                throw TraceError(file: file, item: name, reason: "prompt and answer have arrays of other shapes")
            }
            ids = NumberArray(
                shape: [ids.shape[0] + part.shape[0], part.shape[1], part.shape[2]], values: ids.values + part.values)
        }
        let request = RequestTrace(
            id: name, prefillTokens: parts[0].array.shape[0], firstPosition: parts[0].start ?? 0, experts: [])
        return ForeignRequest(request: request, ids: ids)
    }

    /// The first position that was asked for, where a log keeps that: the answer does not tell it.
    private func askedStart() throws(TraceError) -> Int? {
        for place in [outer["request"], outer, answer["meta_info"], answer] {
            for field in ["routed_experts_start_len", "routed_experts_prompt_start"] where place?[field] != nil {
                return try place.map { FieldReader($0, file: file, object: name) }?.optionalPosition(field)
            }
        }
        return nil
    }

    /// The value of that name, wherever the programs put it: the choice, its extensions, or the whole answer.
    private func routed(_ field: String, _ choice: ConfigValue, orAnswer: Bool = true) -> ConfigValue? {
        for holder in orAnswer ? [choice, answer] : [choice] {
            for place in [holder, holder["meta_info"], holder["sglext"], holder["sgl_ext"], holder["nvext"]] {
                if let value = place?[field], !value.isNull { return value }
            }
        }
        return nil
    }
}

/// How many tokens an answer says it had.
private struct TokenCounts {
    let prompt: Int?
    /// Tokens that went through the model: all but the last.
    let rows: Int?

    init(_ answer: ConfigValue, _ choice: ConfigValue, isOnly: Bool) {
        let places = [choice["meta_info"], answer["meta_info"], choice["usage"], answer["usage"]]
        func count(_ field: String) -> Int? {
            places.lazy.compactMap { $0?[field]?.intValue }.first { (0...TraceLimits.positions).contains($0) }
        }
        prompt = count("prompt_tokens")
        // The usage of several choices is their sum.
        let answered = choice["token_ids"]?.arrayValue?.count ?? (isOnly ? count("completion_tokens") : nil)
        rows = prompt.flatMap { prompt in answered.map { prompt + $0 - 1 } }
    }
}
