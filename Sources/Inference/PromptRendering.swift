import ChatTemplates
import Foundation

/// A moment as a clock on the wall shows it.
public typealias WallTime = ChatTemplates.WallTime

/// What `guildhall render` does, free of the command line: a conversation's prompt, to the byte.
public struct PromptRendering: Sendable {
    /// Bounds on the template's work.
    public var limits = ChatTemplate.Limits()
    /// The time that the template sees; nil is now.
    public var now: WallTime?

    public init() {}

    /// The default bounds, for help texts.
    public static let defaultSteps = ChatTemplate.Limits().maxSteps
    public static let defaultOutputBytes = ChatTemplate.Limits().maxOutputBytes

    /// How it went.
    public enum Outcome: Sendable, Equatable {
        case prompt(String)
        /// The template does not accept the conversation: its own message, or what failed in it as it would in Python.
        case refused(String)
        /// The input is no conversation, or the template is not one that can be run; the message says why.
        case impossible(String)
    }

    /// The prompt that `template` makes of the conversation in `input`, a JSON object (see `Conversation`).
    public func outcome(of template: PromptTemplate, input: Data) -> Outcome {
        let conversation: Conversation
        do throws(Conversation.InputError) { conversation = try Conversation(json: input) } catch {
            return .impossible("the conversation: \(error)")
        }
        return outcome(of: template, conversation)
    }

    /// The prompt that `template` makes of `conversation`.
    public func outcome(of template: PromptTemplate, _ conversation: Conversation) -> Outcome {
        do throws(ChatTemplateError) {
            return .prompt(try template.render(conversation, now: now, limits: limits))
        } catch {
            switch error {
            case .refused(let message): return .refused(message)
            case .runtime: return .refused("\(error)")
            case .syntax, .unsupported, .limit: return .impossible("\(error)")
            }
        }
    }
}
