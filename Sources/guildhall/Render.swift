import ArgumentParser
import Foundation
import Inference

struct Render: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the prompt that a chat template makes of a conversation, to the byte.",
        discussion: """
            The conversation is a JSON object: messages, and if wanted tools, add_generation_prompt (default: false, as \
            in transformers), bos_token, eos_token; other members become variables of the template. With --model the \
            special tokens come from there unless the conversation gives them.

            Exit codes: 1 where the template refuses the conversation or fails on it, with its message on standard \
            error; 2 where the input or the template cannot be used.
            """)

    @Option(help: "File with a template in the Jinja language.") var template: String?
    @OptionGroup var modelOptions: ModelOptions
    @Option(help: "File with the conversation; - is standard input.") var input: String
    @Option(help: "Time for templates that print one, such as 2026-01-15T09:30:00. Default: now.") var now: String?
    @Option(help: "Steps the template may take.") var maxSteps = PromptRendering.defaultSteps
    @Option(help: "Bytes the prompt may have.") var maxOutputBytes = PromptRendering.defaultOutputBytes

    func validate() throws {
        guard template == nil || modelOptions.model == nil else {
            throw ValidationError("give --template or --model, not both")
        }
        guard maxSteps > 0, maxOutputBytes > 0 else { throw ValidationError("limits must be above 0") }
        guard now == nil || wallTime != nil else {
            throw ValidationError("--now must be a time such as 2026-01-15T09:30:00, not '\(now ?? "")'")
        }
    }

    private var wallTime: WallTime? { now.flatMap { WallTime(iso8601: $0) } }

    func run() throws {
        var rendering = PromptRendering()
        rendering.now = wallTime
        rendering.limits.maxSteps = maxSteps
        rendering.limits.maxOutputBytes = maxOutputBytes
        switch outcome(rendering) {
        case .prompt(let text): Terminal.out(text)
        case .refused(let message): try fail(message, code: 1)
        case .impossible(let message): try fail(message, code: 2)
        }
    }

    private func outcome(_ rendering: PromptRendering) -> PromptRendering.Outcome {
        do {
            return rendering.outcome(of: try promptTemplate(), input: try conversation())
        } catch PromptError.noChatTemplate {
            return .impossible("\(modelOptions.model ?? "the built-in model"): has no chat template")
        } catch {
            return .impossible("\(error)")
        }
    }

    private func promptTemplate() throws -> PromptTemplate {
        guard let template else { return try PromptTemplate(checkpoint: try modelOptions.path()) }
        guard let source = String(data: try readFile(template), encoding: .utf8) else {
            throw CommandError("\(template): is not UTF-8 text")
        }
        return PromptTemplate(source: source)
    }

    private func conversation() throws -> Data {
        input == "-" ? try FileHandle.standardInput.readToEnd() ?? Data() : try readFile(input)
    }

    private func fail(_ message: String, code: Int32) throws {
        Terminal.error(message + "\n")
        throw ExitCode(code)
    }
}
