import Foundation

/// Cosines and sines of the rotary embedding, made for as many positions as were needed so far.
///
/// In float32 as transformers computes them: the angle is `position × base^(-2 i / headSize)`, the frequency and the
/// product rounded to float32.
struct RotaryTable {
    /// Shape [positions × half].
    private(set) var cosines: [Float] = []
    private(set) var sines: [Float] = []
    /// Angles per position: half the head size.
    let half: Int
    private let frequencies: [Float]
    private var positions = 0

    init(headSize: Int, base: Double) {
        half = headSize / 2
        frequencies = (0..<half).map { Float(pow(base, -Double(2 * $0) / Double(headSize))) }
    }

    /// Makes the table reach `count` positions.
    mutating func reserve(positions count: Int) {
        for position in positions..<max(positions, count) {
            for frequency in frequencies {
                let angle = Double(Float(position) * frequency)
                cosines.append(Float(cos(angle)))
                sines.append(Float(sin(angle)))
            }
        }
        positions = max(positions, count)
    }
}
