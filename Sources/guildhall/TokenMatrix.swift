import Checkpoints
import Models

/// Token ids of shape [rows × columns]: sequences of one length.
struct TokenMatrix {
    let rows: Int
    let columns: Int
    private let values: [Int32]

    /// The integer tensor `name` of a safetensors file, checked against the model.
    init(_ name: String, in file: SafetensorsFile, for model: LanguageModel.Outline) throws {
        let tensor = try file.integers(name)
        guard tensor.shape.count == 2, tensor.shape[1] > 0 else {
            throw CommandError("\(file.path): \(name) has shape \(tensor.shape), should be [batch, tokens]")
        }
        guard tensor.shape[1] <= model.contextLength else {
            throw CommandError(
                "\(file.path): \(name): \(tensor.shape[1]) tokens are more than the context of \(model.contextLength)")
        }
        values = try tensor.values.map { value in
            guard let id = Int32(exactly: value), id >= 0, id < model.vocabularySize else {
                throw CommandError(
                    "\(file.path): \(name): token id \(value) is outside the vocabulary of \(model.vocabularySize)")
            }
            return id
        }
        rows = tensor.shape[0]
        columns = tensor.shape[1]
    }

    func row(_ index: Int) -> ArraySlice<Int32> { values[index * columns..<(index + 1) * columns] }
}
