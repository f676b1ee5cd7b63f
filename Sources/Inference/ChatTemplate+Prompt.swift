import ChatTemplates
import Tokenization

extension ChatTemplate {
    /// The prompt of `messages`, ending where the assistant's answer begins.
    func renderPrompt(_ messages: [ChatMessage], tokenizer: Tokenizer) throws(PromptError) -> String {
        let values = messages.map { message in
            TemplateValue.object(["role": .string(message.role), "content": .string(message.content)])
        }
        let context = TemplateContext(
            messages: .array(values), bosToken: tokenizer.beginOfText.flatMap { tokenizer.piece(of: $0) },
            eosToken: tokenizer.endOfText.flatMap { tokenizer.piece(of: $0) })
        do { return try render(context) } catch {
            switch error {
            case .refused(let message): throw .refused(message)
            case .syntax, .unsupported, .runtime, .limit: throw .unsupported("\(error)")
            }
        }
    }
}
