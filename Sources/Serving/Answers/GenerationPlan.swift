import Activations
import Inference

/// All that is settled about an answer before the engine is asked for it.
struct GenerationPlan {
    let form: AnswerForm
    let parameters: AnswerParameters
    /// One for each choice, in the order of the choices.
    var requests: [GenerationRequest] = []
    /// What each choice begins with.
    var echoes: [String] = []
    /// Tokens of all prompts.
    var promptTokens = 0
    /// The field that holds the prompt, for errors.
    let field: String

    init(_ chat: ChatRequest, service: any GenerationService, version: String) throws(APIError) {
        parameters = chat.parameters
        form = AnswerForm(
            .chat, model: service.model.id, version: version, mentionsUsage: parameters.includesUsage)
        field = "messages"
        do {
            let tokens = try service.promptTokens(of: chat.messages)
            add(tokens, echo: "", contextLength: service.model.contextLength)
        } catch {
            throw APIError(error)
        }
    }

    init(_ completion: CompletionRequest, service: any GenerationService, version: String) {
        parameters = completion.parameters
        form = AnswerForm(
            .completion, model: service.model.id, version: version, mentionsUsage: parameters.includesUsage)
        field = "prompt"
        for prompt in completion.prompts {
            switch prompt {
            case .text(let text):
                let tokens = service.promptTokens(of: text)
                add(tokens, echo: completion.echo ? text : "", contextLength: service.model.contextLength)
            case .tokens(let tokens):
                add(tokens, echo: "", contextLength: service.model.contextLength)
            }
        }
    }

    /// Adds the choices of one prompt. With a seed each choice gets its own, or all would be the same.
    private mutating func add(_ tokens: [TokenID], echo: String, contextLength: Int) {
        promptTokens += tokens.count
        let room = max(1, contextLength - tokens.count)
        for choice in 0..<parameters.choices {
            var request = GenerationRequest(promptTokens: tokens)
            request.maxTokens = parameters.maxTokens.map { min($0, room) }
            request.sampling = parameters.sampling
            request.sampling.seed = parameters.sampling.seed.map { $0 &+ UInt64(choice) }
            request.stop = parameters.stop
            request.ignoreEndOfText = parameters.ignoresEndOfText
            request.label = RequestLabel(
                id: requests.isEmpty ? form.id : "\(form.id)-\(requests.count)", domain: parameters.domain,
                category: parameters.category)
            requests.append(request)
            echoes.append(echo)
        }
    }
}
