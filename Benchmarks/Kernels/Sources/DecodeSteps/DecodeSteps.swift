import Inference
import Models
import Tensors

/// Decodes a number of tokens with one thread, each chosen greedily from the logits of the one before, and ends:
/// something to count instructions of. `DecodeSteps MODEL.gguf float32|int8 STEPS`
@main struct DecodeSteps {
    private struct UsageError: Error, CustomStringConvertible {
        var description: String { "usage: DecodeSteps MODEL.gguf float32|int8 STEPS" }
    }

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, ["float32", "int8"].contains(arguments[2]), let steps = Int(arguments[3]), steps > 0
        else { throw UsageError() }
        _ = try Kernels.selection.get()
        let pool = ComputePool(threads: 1)
        let exact = try TransformerModel(path: arguments[1])
        let runner = ModelRunner(
            model: arguments[2] == "int8" ? exact.packed(pool: pool) : exact, pool: pool, maxBatch: 1)
        // As large for few steps as for many, so that they differ in the steps alone.
        let cache = runner.makeCache(capacity: 64)
        precondition(steps <= 64, "more steps than the cache holds")
        var token: Int32 = 1
        for _ in 0..<steps {
            guard let logits = runner.forward([token], cache: cache, logits: .last) else { return }
            token = Int32(Sampler.largest(of: logits))
        }
        print(token)
    }
}
