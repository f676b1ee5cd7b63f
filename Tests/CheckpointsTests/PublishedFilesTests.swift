import Checkpoints
import Tensors
import Testing

/// Files made by llama.cpp and by Hugging Face transformers, where a checkout has them.
@Suite struct PublishedFilesTests {
    @Test(.enabled(if: !SharedFiles.vocabularies.isEmpty), arguments: SharedFiles.vocabularies)
    func vocabulary(path: String) throws {
        let file = try GGUFFile(path: path)
        let tokens = try file.strings("tokenizer.ggml.tokens")
        #expect(tokens.count > 30_000)
        #expect(try file.ints("tokenizer.ggml.token_type").count == tokens.count)
        #expect(file.tensorNames == [])
        for case .array(let array) in file.metadata.values where array.elementType == .string {
            #expect(array.strings?.count == array.count)
        }
    }

    @Test(.enabled(if: !SharedFiles.golden.isEmpty), arguments: SharedFiles.golden)
    func golden(path: String) throws {
        let folder = try HuggingFaceFolder(path: path)
        let vocabulary = try #require(folder.config["vocab_size"]?.intValue)
        let embedding = try folder.tensor("model.embed_tokens.weight")
        #expect(embedding.shape == [vocabulary, folder.config["hidden_size"]?.intValue])
        #expect(embedding.type == .f32)
        let expected = try SafetensorsFile(path: path + "/expected.safetensors")
        let ids = try expected.integers("input_ids")
        #expect(ids.shape == [2, 40])
        #expect(ids.values.allSatisfy { $0 >= 0 && $0 < vocabulary })
        #expect(try expected.tensor("logits").shape == [2, 40, vocabulary])
        #expect(expected.metadata["seed"] == "7")
    }
}
