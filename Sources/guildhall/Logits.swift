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
            [batch, tokens, vocabulary] (float32) to another. Each row is a sequence of its own. An encoder with a \
            decoder (Switch Transformer) gets input_ids, without padding, and decoder_input_ids [batch, tokens], whose \
            logits are written.
            """)

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var cacheOptions: CacheOptions
    @Option(help: "Safetensors file with input_ids.") var input: String
    @Option(help: "Safetensors file to write.") var output: String
    @Option(
        help: """
            Tokens that go through the model at once; 1 feeds them one by one. Default: 64, of a decoder behind an \
            encoder all, since its experts have a capacity for the tokens given at once.
            """) var batch: Int?

    func validate() throws {
        guard batch.map({ (1...4096).contains($0) }) ?? true else {
            throw ValidationError("--batch must be within 1…4096.")
        }
    }

    func run() throws {
        let model = try LanguageModel(path: try modelOptions.path(), allowedFields: modelOptions.fields.allowed)
            .laidOut(
                for: modelOptions.activations, threads: threadOptions.threads, cache: modelOptions.packedCache.cache)
        let file = try SafetensorsFile(path: input)
        let pool = ComputePool(threads: threadOptions.threads)
        let ids = try TokenMatrix("input_ids", in: file, for: model.outline)
        switch model {
        case .decoder(let decoder):
            let batch = batch ?? 64
            let runner = ModelRunner(
                model: decoder, pool: pool, maxBatch: batch, cacheType: cacheOptions.type(for: modelOptions.activations)
            )
            try write(ids, model.outline) { row, file throws(CheckpointError) in
                let cache = runner.makeCache(capacity: ids.columns)
                try feed(ids.row(row), batch, to: &file) { runner.forward($0, cache: cache, logits: .all) }
            }
        case .encoderDecoder(let switchTransformer):
            let answers = try TokenMatrix("decoder_input_ids", in: file, for: model.outline)
            try write(answers, after: ids, of: switchTransformer, pool: pool)
        }
        Terminal.endProgress()
    }

    /// Logits of `answers`, each decoded after the prompt in the same row.
    private func write(
        _ answers: TokenMatrix, after prompts: TokenMatrix, of model: SwitchTransformer, pool: ComputePool
    ) throws {
        guard prompts.rows == answers.rows else {
            throw CommandError(
                "\(input): input_ids has \(prompts.rows) rows, decoder_input_ids \(answers.rows)")
        }
        let runner = SwitchTransformerRunner(
            model: model, pool: pool, maxTokens: max(prompts.columns, answers.columns))
        try write(answers, LanguageModel.encoderDecoder(model).outline) { row, file throws(CheckpointError) in
            guard let sequence = runner.encode(prompts.row(row), answerCapacity: answers.columns) else { return }
            try feed(answers.row(row), batch ?? answers.columns, to: &file) {
                runner.decode($0, sequence: sequence, logits: .all)
            }
        }
    }

    /// Writes the output file; `logits` writes those of one row.
    private func write(
        _ ids: TokenMatrix, _ model: LanguageModel.Outline,
        logits: @escaping (_ row: Int, inout CheckpointOutput) throws(CheckpointError) -> Void
    ) throws {
        var writer = SafetensorsWriter()
        writer.add("logits", type: .f32, shape: [ids.rows, ids.columns, model.vocabularySize]) {
            file throws(CheckpointError) in
            for row in 0..<ids.rows {
                try logits(row, &file)
                Terminal.progress("sequence \(row + 1)/\(ids.rows)")
            }
        }
        try writer.write(to: output)
    }

    /// Feeds `tokens` in parts of `batch` and writes what `forward` gives for them.
    private func feed(
        _ tokens: ArraySlice<Int32>, _ batch: Int, to file: inout CheckpointOutput,
        forward: (ArraySlice<Int32>) -> UnsafeBufferPointer<Float>?
    ) throws(CheckpointError) {
        for start in stride(from: tokens.startIndex, to: tokens.endIndex, by: batch) {
            guard let logits = forward(tokens[start..<min(start + batch, tokens.endIndex)]) else { continue }
            try file.write(UnsafeRawBufferPointer(logits))
        }
    }
}
