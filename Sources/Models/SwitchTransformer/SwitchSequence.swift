import Tensors

/// What the decoder keeps of one sequence: keys and values of the encoded prompt, made once, and of the tokens decoded
/// so far. Float32; one position of one block has heads × head size numbers.
public final class SwitchSequence {
    /// Tokens of the prompt.
    public let promptTokens: Int
    /// Positions that fit into the answer, the start token included.
    public let capacity: Int
    /// Positions that are filled: the position of the next token.
    public internal(set) var count = 0
    private let width: Int
    private let prompt: [Pair]
    private let answer: [Pair]

    private struct Pair {
        let keys: FloatBuffer
        let values: FloatBuffer

        init(count: Int) {
            keys = FloatBuffer(count: count)
            values = FloatBuffer(count: count)
        }
    }

    init(blocks: Int, width: Int, promptTokens: Int, capacity: Int) {
        self.promptTokens = promptTokens
        self.capacity = capacity
        self.width = width
        prompt = (0..<blocks).map { _ in Pair(count: promptTokens * width) }
        answer = (0..<blocks).map { _ in Pair(count: capacity * width) }
    }

    /// Where the prompt's keys and values of `block` are.
    func promptKeys(_ block: Int) -> (keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>) {
        (prompt[block].keys.pointer, prompt[block].values.pointer)
    }

    /// Where keys and values of the answer's tokens from `position` on go.
    func answerKeys(_ block: Int, from position: Int) -> (
        keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>
    ) {
        (answer[block].keys.pointer + position * width, answer[block].values.pointer + position * width)
    }
}
