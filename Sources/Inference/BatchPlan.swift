/// What one pass through the model takes of each running answer: a pure decision.
///
/// Answers that are past their prompt take one token each; what is left of the budget goes to prompts, first come
/// first served. While there are such answers, prompts get a smaller share, so that nobody waits long for a next token.
struct BatchPlan: Equatable {
    /// Tokens of each answer, 0 for those that wait.
    let tokens: [Int]

    init(tokens: [Int]) { self.tokens = tokens }

    /// - Parameters:
    ///   - pendingPrompt: for each answer, in order of arrival, the prompt tokens that are still to go through the model.
    ///   - budget: tokens of one pass, at least one for each answer.
    ///   - share: tokens of prompts in a pass that also holds next tokens.
    init(pendingPrompt: [Int], budget: Int, share: Int) {
        precondition(budget >= pendingPrompt.count && share > 0, "every answer must have a place")
        let growing = pendingPrompt.count(where: { $0 == 0 })
        var left = growing == 0 ? budget : min(share, budget - growing)
        tokens = pendingPrompt.map { pending in
            guard pending > 0 else { return 1 }
            let taken = min(pending, left)
            left -= taken
            return taken
        }
    }
}
