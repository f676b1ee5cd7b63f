import ArgumentParser
import Checkpoints
import Foundation
import Models
import Tensors

struct Logits: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compute the logits of given token ids, for comparison with other implementations.",
        discussion: """
            Reads input_ids [batch, tokens] (int64) from a safetensors file and writes logits \
            [batch, tokens, vocabulary] (float32) to another. Each row is a sequence of its own.
            """)

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var threadOptions: ThreadOptions
    @Option(help: "Safetensors file with input_ids.") var input: String
    @Option(help: "Safetensors file to write.") var output: String
    @Option(help: "Tokens that go through the model at once; 1 feeds them one by one.") var batch: Int = 64

    func validate() throws {
        guard (1...4096).contains(batch) else { throw ValidationError("--batch must be within 1…4096.") }
    }

    func run() throws {
        let ids = try readIDs()
        let model = try TransformerModel(
            path: try modelOptions.path(), allowedFields: modelOptions.fields.allowed)
        try check(ids, against: model.configuration)
        let runner = ModelRunner(model: model, pool: ComputePool(threads: threadOptions.threads), maxBatch: batch)
        var writer = SafetensorsWriter()
        let shape = [ids.rows, ids.columns, model.configuration.vocabularySize]
        writer.add("logits", type: .f32, shape: shape) { file throws(CheckpointError) in
            for row in 0..<ids.rows {
                try writeLogits(of: ids.row(row), from: runner, to: &file)
                Terminal.progress("sequence \(row + 1)/\(ids.rows)")
            }
        }
        try writer.write(to: output)
        Terminal.endProgress()
    }

    /// Token ids of shape [rows × columns].
    private struct IDs {
        let rows: Int
        let columns: Int
        let values: [Int32]

        func row(_ index: Int) -> ArraySlice<Int32> { values[index * columns..<(index + 1) * columns] }
    }

    private func readIDs() throws -> IDs {
        let tensor = try SafetensorsFile(path: input).integers("input_ids")
        guard tensor.shape.count == 2, tensor.shape[1] > 0 else {
            throw CommandError("\(input): input_ids has shape \(tensor.shape), should be [batch, tokens]")
        }
        let values = try tensor.values.map { value in
            guard let id = Int32(exactly: value) else {
                throw CommandError("\(input): input_ids: \(value) is not a token id")
            }
            return id
        }
        return IDs(rows: tensor.shape[0], columns: tensor.shape[1], values: values)
    }

    private func check(_ ids: IDs, against configuration: ModelConfiguration) throws {
        guard ids.columns <= configuration.contextLength else {
            throw CommandError(
                "\(input): \(ids.columns) tokens are more than the context of \(configuration.contextLength)")
        }
        if let stranger = ids.values.first(where: { $0 < 0 || $0 >= configuration.vocabularySize }) {
            throw CommandError(
                "\(input): token id \(stranger) is outside the vocabulary of \(configuration.vocabularySize)")
        }
    }

    private func writeLogits(
        of tokens: ArraySlice<Int32>, from runner: ModelRunner, to file: inout CheckpointOutput
    ) throws(CheckpointError) {
        let cache = runner.makeCache(capacity: tokens.count)
        for start in stride(from: tokens.startIndex, to: tokens.endIndex, by: batch) {
            let part = tokens[start..<min(start + batch, tokens.endIndex)]
            guard let logits = runner.forward(part, cache: cache, logits: .all) else { continue }
            try file.write(UnsafeRawBufferPointer(logits))
        }
    }
}
