import Tensors

/// Keys (after the rotary embedding) and values of one sequence, for all blocks, in float32. With latent attention the
/// compressed keys and values, and the rotated key that all heads share; then there are no values of their own.
///
/// Memory is reserved for `capacity` positions and becomes resident as positions are filled.
public final class KVCache {
    /// Positions that fit. Rotary embeddings that depend on a sequence's length go by this.
    public let capacity: Int
    /// Positions that are filled: the position of the next token.
    public internal(set) var count = 0
    private let keys: [FloatBuffer]
    private let values: [FloatBuffer]
    /// Numbers of one position in one block.
    let keyWidth: Int
    let valueWidth: Int

    init(blocks: Int, keyWidth: Int, valueWidth: Int, capacity: Int) {
        self.capacity = capacity
        self.keyWidth = keyWidth
        self.valueWidth = valueWidth
        keys = (0..<blocks).map { _ in FloatBuffer(count: capacity * keyWidth) }
        values = (0..<blocks).map { _ in FloatBuffer(count: capacity * valueWidth) }
    }

    /// Keys of `block`, shape [capacity × key width].
    func keys(_ block: Int) -> UnsafeMutablePointer<Float> { keys[block].pointer }

    /// Values of `block`, shape [capacity × value width].
    func values(_ block: Int) -> UnsafeMutablePointer<Float> { values[block].pointer }
}
