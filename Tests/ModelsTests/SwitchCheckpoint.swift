import Checkpoints
import Foundation
import Models
import Tensors
import Testing

/// A tiny random Switch Transformer with what Hugging Face transformers computes for it.
struct SwitchCheckpoint: CustomTestStringConvertible, Sendable {
    let path: String

    var testDescription: String { path.split(separator: "/").suffix(2).joined(separator: "/") }

    static let folder =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .path + "/Fixtures/golden-switch"

    static let all = ["released", "untied_bf16"].map { SwitchCheckpoint(path: folder + "/" + $0) }

    func model() throws -> SwitchTransformer {
        try SwitchTransformer(huggingFace: HuggingFaceFolder(path: path))
    }

    var expected: SafetensorsFile {
        get throws { try SafetensorsFile(path: path + "/expected.safetensors") }
    }

    /// Rows of a matrix of token ids.
    func ids(_ name: String) throws -> [[Int32]] {
        let (shape, values) = try expected.integers(name)
        let columns = shape[shape.count - 1]
        return stride(from: 0, to: values.count, by: columns).map { start in
            values[start..<start + columns].map { Int32($0) }
        }
    }

    /// The expected logits next to those of `model`, the decoder fed `chunk` tokens at a time.
    func compare(_ model: SwitchTransformer, chunk: Int, threads: Int = 2) throws -> Comparison {
        let prompts = try ids("input_ids")
        let answers = try ids("decoder_input_ids")
        let view = try expected.tensor("logits")
        let runner = SwitchTransformerRunner(model: model, pool: ComputePool(threads: threads), maxTokens: 32)
        var comparison = Comparison(vocabulary: model.configuration.vocabularySize)
        for (row, (prompt, answer)) in zip(prompts, answers).enumerated() {
            let sequence = try #require(runner.encode(prompt, answerCapacity: answer.count))
            for start in stride(from: 0, to: answer.count, by: chunk) {
                let part = answer[start..<min(start + chunk, answer.count)]
                let logits = try #require(runner.decode(part, sequence: sequence, logits: .all))
                comparison.add(
                    logits, expected: view, offset: (row * answer.count + start) * comparison.vocabulary)
            }
        }
        return comparison
    }

    /// A copy in which `fields` of `file` are set to JSON values (nil removes one), for as long as `body` runs.
    func withChanged<T>(
        _ fields: [String: Any?], of file: String = "config.json", _ body: (SwitchCheckpoint) throws -> T
    ) throws -> T {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
        try FileManager.default.copyItem(atPath: path, toPath: copy.path)
        defer { try? FileManager.default.removeItem(at: copy) }
        let url = copy.appendingPathComponent(file)
        let data = FileManager.default.fileExists(atPath: url.path) ? try Data(contentsOf: url) : Data("{}".utf8)
        var config = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        for (field, value) in fields { config[field] = value }
        try JSONSerialization.data(withJSONObject: config).write(to: url)
        return try body(SwitchCheckpoint(path: copy.path))
    }
}
