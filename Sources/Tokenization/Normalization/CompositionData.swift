import Foundation

/// Canonical decompositions and composites of the Unicode Character Database, except those of Hangul. Taken from
/// Foundation, one scalar at a time, when they are first needed (some 20 ms).
final class CompositionData: Sendable {
    /// Full decomposition of each scalar that has one.
    let decompositions: [UInt32: [UInt32]]
    /// (first << 32 | second) → composite.
    let composites: [UInt64: UInt32]
    /// Whether each scalar below `limit` may change or be changed by what stands before it (all but NFC_QC=Yes with
    /// combining class 0).
    private let unstable: [Bool]

    static let shared = CompositionData()

    /// No scalar from here on decomposes or combines.
    private static let limit: UInt32 = 0x30000

    private init() {
        var decompositions: [UInt32: [UInt32]] = [:]
        var composable: [[UInt32]: UInt32] = [:]
        var unstable = [Bool](repeating: false, count: Int(Self.limit))
        for value in 0xC0..<Self.limit where !Self.skipped.contains(where: { $0.contains(value) }) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = String(scalar)
            let parts = text.decomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
            unstable[Int(value)] = scalar.properties.canonicalCombiningClass != .notReordered
            guard parts != [value] else { continue }
            decompositions[value] = parts
            if text.precomposedStringWithCanonicalMapping.unicodeScalars.elementsEqual([scalar]) {
                composable[parts] = value
            } else {
                unstable[Int(value)] = true
            }
        }
        self.decompositions = decompositions
        composites = Self.composites(composable)
        for pair in composites.keys { unstable[Int(pair & 0xFFFF_FFFF)] = true }
        self.unstable = unstable
    }

    /// Ideographs and Hangul: they neither decompose (but by computation) nor combine.
    private static let skipped: [Range<UInt32>] = [
        0x3400..<0xA000, 0xAC00..<0xF900, 0x17000..<0x1BC00, 0x20000..<0x2F800,
    ]

    /// Splits each decomposition into its last scalar and the composite of those before it.
    private static func composites(_ composable: [[UInt32]: UInt32]) -> [UInt64: UInt32] {
        var composites: [UInt64: UInt32] = [:]
        for (parts, composite) in composable {
            let before = Array(parts.dropLast())
            guard let last = parts.last, let first = before.count == 1 ? before.first : composable[before] else {
                continue
            }
            composites[UInt64(first) << 32 | UInt64(last)] = composite
        }
        return composites
    }

    func mayChange(_ scalar: UInt32) -> Bool {
        scalar < Self.limit && (unstable[Int(scalar)] || Hangul.joins(scalar))
    }

    /// 0 for starters.
    func combiningClass(_ scalar: UInt32) -> UInt8 {
        // All marks are unstable, which spares the property for most scalars.
        guard scalar < Self.limit, unstable[Int(scalar)], let scalar = Unicode.Scalar(scalar) else { return 0 }
        return scalar.properties.canonicalCombiningClass.rawValue
    }
}
