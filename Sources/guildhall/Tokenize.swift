import ArgumentParser
import Checkpoints
import Foundation
import Inference
import Tokenization

struct Tokenize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn text on standard input into tokens, or tokens into text.",
        discussion: "Works on vocabulary-only GGUF files too. No special tokens are added unless asked for.")

    @OptionGroup var modelOptions: ModelOptions
    @Flag(help: "Print one JSON object: {\"ids\": […], \"pieces\": […]}, or with --decode {\"text\": …}.")
    var json = false
    @Flag(help: "Read token ids (separated by white space or commas, or a JSON array) and print their text.")
    var decode = false
    @Flag(help: "Add the begin-of-text token that the model wants.") var addSpecial = false
    @Flag(help: "Text that spells a special token, such as <|im_end|>, becomes that token.") var parseSpecial = false

    func run() throws {
        let tokenizer = try Tokenizer(path: try modelOptions.path())
        let input = try FileHandle.standardInput.readToEnd() ?? Data()
        guard let text = String(data: input, encoding: .utf8) else {
            throw CommandError("standard input is not UTF-8 text")
        }
        if decode {
            try printText(of: try ids(in: text, limit: tokenizer.vocabularySize), tokenizer)
        } else {
            try printTokens(of: text, tokenizer)
        }
    }

    private func printTokens(of text: String, _ tokenizer: Tokenizer) throws {
        let ids = tokenizer.encode(text, addSpecial: addSpecial, parseSpecial: parseSpecial)
        let pieces = ids.map { tokenizer.piece(of: $0) ?? "" }
        if json { return try printJSON(Tokens(ids: ids, pieces: pieces)) }
        for (id, piece) in zip(ids, pieces) { Terminal.out("\(id)\t\(piece.debugDescription)\n") }
    }

    private func printText(of ids: [TokenID], _ tokenizer: Tokenizer) throws {
        let text = tokenizer.decode(ids)
        if json { try printJSON(["text": text]) } else { Terminal.out(text) }
    }

    private func ids(in text: String, limit: Int) throws -> [TokenID] {
        let separators: Set<Character> = [",", "[", "]"]
        return try text.split { $0.isWhitespace || separators.contains($0) }.map { word in
            guard let id = TokenID(word), id >= 0, id < limit else {
                throw CommandError("'\(word.prefix(40))' is not a token id within 0..<\(limit)")
            }
            return id
        }
    }

    private struct Tokens: Encodable {
        let ids: [TokenID]
        let pieces: [String]
    }
}
