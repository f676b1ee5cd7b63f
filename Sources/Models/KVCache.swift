import Tensors

/// Keys (after the rotary embedding) and values of one sequence, for all blocks, in float32.
///
/// Memory is reserved for `capacity` positions and becomes resident as positions are filled.
public final class KVCache {
    /// Positions that fit.
    public let capacity: Int
    /// Positions that are filled: the position of the next token.
    public internal(set) var count = 0
    private let keys: [FloatBuffer]
    private let values: [FloatBuffer]
    /// Numbers of one position in one block: key–value heads × head size.
    let width: Int

    init(blocks: Int, width: Int, capacity: Int) {
        self.capacity = capacity
        self.width = width
        keys = (0..<blocks).map { _ in FloatBuffer(count: capacity * width) }
        values = (0..<blocks).map { _ in FloatBuffer(count: capacity * width) }
    }

    /// Keys of `block`, shape [capacity × width].
    func keys(_ block: Int) -> UnsafeMutablePointer<Float> { keys[block].pointer }

    /// Values of `block`, shape [capacity × width].
    func values(_ block: Int) -> UnsafeMutablePointer<Float> { values[block].pointer }
}
