/// Why a chat template could not be read or rendered. Lines count from 1.
public enum ChatTemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The source is not Jinja.
    case syntax(line: Int, message: String)
    /// The source is Jinja or Python, but of a part that this interpreter leaves out.
    case unsupported(line: Int, what: String)
    /// The template itself refused the conversation by `raise_exception(message)`.
    case refused(message: String)
    /// An operation failed as it would in Python: wrong types, use of an undefined value, a division by zero.
    case runtime(line: Int, message: String)
    /// A bound of `ChatTemplate.Limits` was reached.
    case limit(what: String)

    public var description: String {
        switch self {
        case .syntax(let line, let message): "chat template line \(line): \(message)"
        case .unsupported(let line, let what): "chat template line \(line): unsupported: \(what)"
        case .refused(let message): "chat template refused the conversation: \(message)"
        case .runtime(let line, let message): "chat template line \(line): \(message)"
        case .limit(let what): "chat template limit reached: \(what)"
        }
    }
}

/// What stops an evaluation, while the line it happened on is known only to the evaluator.
enum Fault: Error {
    case runtime(String)
    case unsupported(String)
    case refused(String)
    case limit(String)

    func located(line: Int) -> ChatTemplateError {
        switch self {
        case .runtime(let message): .runtime(line: line, message: message)
        case .unsupported(let what): .unsupported(line: line, what: what)
        case .refused(let message): .refused(message: message)
        case .limit(let what): .limit(what: what)
        }
    }
}
