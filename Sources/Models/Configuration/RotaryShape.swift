import Foundation

/// Rotary position embedding (Su et al. 2021, arXiv 2104.09864).
public struct RotaryShape: Sendable, Equatable {
    public var base: Double
    public var pairing: Pairing
    /// How many numbers of a head are rotated, from its first.
    public var dimensions: Int
    public var scaling = RotaryScaling.none
    /// What rotated queries and keys are multiplied with each ("attention factor", "mscale").
    public var magnitude: Float = 1

    /// Which two numbers of a head are rotated together.
    public enum Pairing: Sendable, Equatable {
        /// `i` and `i + dimensions / 2` (NeoX, Hugging Face).
        case halves
        /// `2 i` and `2 i + 1` (the original; GGUF files of Llama-like models).
        case neighbours
    }

    /// Radians per position of each pair, for sequences of up to `positions` positions.
    func frequencies(positions: Int) -> [Double] {
        let plain = (0..<dimensions / 2).map { pow(base, -Double(2 * $0) / Double(dimensions)) }
        switch scaling {
        case .none: return plain
        case .linear(let factor): return plain.map { $0 / factor }
        case .bands(let bands): return plain.map(bands.scaled)
        case .ramp(let ramp): return ramp.scaled(plain, base: base)
        case .divisors(let divisors): return zip(plain, divisors).map { $0 / $1 }
        case .byLength(let lengths):
            return zip(plain, lengths.isLong(positions) ? lengths.long : lengths.short).map { $0 / $1 }
        }
    }

    /// What rotated numbers are multiplied with in sequences of up to `positions` positions.
    func magnitude(positions: Int) -> Float {
        guard case .byLength(let lengths) = scaling, lengths.isLong(positions) else { return magnitude }
        return lengths.longMagnitude ?? magnitude
    }
}

/// How frequencies differ from those the base gives, so that a model reaches further than it was trained at first.
public enum RotaryScaling: Sendable, Equatable {
    case none
    /// All divided by a factor (position interpolation, Chen et al. 2023, arXiv 2306.15595).
    case linear(Double)
    /// Llama-3.1's.
    case bands(FrequencyBands)
    /// YaRN.
    case ramp(YarnRamp)
    /// One divisor a pair, as GGUF files store what a converter computed.
    case divisors([Double])
    /// LongRoPE.
    case byLength(LengthDivisors)
}

/// Llama-3.1's scaling: slow frequencies divided by a factor, fast ones kept, and a passage between
/// (Grattafiori et al. 2024, arXiv 2407.21783, section 3.4; the formula is Meta's published one).
public struct FrequencyBands: Sendable, Equatable {
    public var factor: Double
    public var lowFactor: Double
    public var highFactor: Double
    /// Positions of the original training.
    public var originalContext: Double

    func scaled(_ frequency: Double) -> Double {
        let turns = originalContext * frequency / (2 * .pi)
        if turns < lowFactor { return frequency / factor }
        if turns >= highFactor { return frequency }
        let smooth = (turns - lowFactor) / (highFactor - lowFactor)
        return (1 - smooth) * frequency / factor + smooth * frequency
    }
}

/// YaRN's scaling (Peng et al. 2023, arXiv 2309.00071): pairs that turn often within the original context are kept,
/// those that turn seldom divided by a factor, with a linear ramp over the pairs between.
public struct YarnRamp: Sendable, Equatable {
    public var factor: Double
    /// Positions of the original training.
    public var originalContext: Double
    /// Turns from which on a pair is kept, and up to which it is divided.
    public var fastTurns: Double = 32
    public var slowTurns: Double = 1
    /// Whether the ends of the ramp are whole pairs (GPT-OSS: not).
    public var truncates = true

    /// The factor of queries and keys that makes up for the longer context, 1 + 0.1 · weight · ln(factor).
    static func magnitude(_ factor: Double, weight: Double = 1) -> Double {
        factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1
    }

    func scaled(_ frequencies: [Double], base: Double) -> [Double] {
        let dimensions = Double(2 * frequencies.count)
        func pair(turning turns: Double) -> Double {
            dimensions * log(originalContext / (turns * 2 * .pi)) / (2 * log(base))
        }
        var (first, last) = (pair(turning: fastTurns), pair(turning: slowTurns))
        if truncates { (first, last) = (first.rounded(.down), last.rounded(.up)) }
        (first, last) = (max(first, 0), min(last, dimensions - 1))
        if first == last { last += 0.001 }
        return frequencies.enumerated().map { index, frequency in
            let divided = min(max((Double(index) - first) / (last - first), 0), 1)
            return frequency / factor * divided + frequency * (1 - divided)
        }
    }
}

/// LongRoPE's scaling (Ding et al. 2024, arXiv 2402.13753): one divisor a pair, of two sets by the sequence's length.
public struct LengthDivisors: Sendable, Equatable {
    public var short: [Double]
    public var long: [Double]
    /// Positions of the original training: the long set is for sequences that exceed them.
    public var originalContext: Int
    /// Magnitude of long sequences where it differs from that of short ones.
    public var longMagnitude: Float?

    func isLong(_ positions: Int) -> Bool { positions > originalContext }
}
