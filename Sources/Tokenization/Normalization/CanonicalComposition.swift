/// Unicode normalisation form C (UAX #15): decompose, put marks in canonical order, compose.
///
/// Foundation's `precomposedStringWithCanonicalMapping` does the same but, in the release this was written for, leaves
/// marks that come from U+0F81 out of order and turns U+1113 before a vowel into U+FFFD.
struct CanonicalComposition: Sendable {
    private let data = CompositionData.shared

    /// `text` in form C, or nil if it is already.
    func composed(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        // Nothing below U+0300, whose first byte is 0xCC, ever changes.
        guard text.contains(where: { $0 >= 0xCC }) else { return nil }
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
        guard scalars.contains(where: { data.mayChange($0.value) }) else { return nil }
        var decomposed = scalars.flatMap { decomposition(of: $0.value) }
        putMarksInOrder(&decomposed)
        return utf8(of: compose(decomposed))
    }

    func utf8(of scalars: [UInt32]) -> [UInt8] {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars.lazy.compactMap { Unicode.Scalar($0) })
        return Array(String(text).utf8)
    }

    func decomposition(of scalar: UInt32) -> [UInt32] {
        Hangul.decomposition(of: scalar) ?? data.decompositions[scalar] ?? [scalar]
    }

    /// Sorts each run of marks by combining class and keeps the order of equal classes.
    func putMarksInOrder(_ scalars: inout [UInt32]) {
        var start = 0
        while start < scalars.count {
            guard data.combiningClass(scalars[start]) > 0 else {
                start += 1
                continue
            }
            let end = scalars[start...].firstIndex { data.combiningClass($0) == 0 } ?? scalars.count
            let marks = scalars[start..<end].enumerated().sorted {
                (data.combiningClass($0.element), $0.offset) < (data.combiningClass($1.element), $1.offset)
            }
            scalars.replaceSubrange(start..<end, with: marks.map(\.element))
            start = end
        }
    }

    /// Joins each scalar to the last starter if the two have a composite and nothing between them blocks it.
    private func compose(_ scalars: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        var starter: Int?
        var lastClass: UInt8 = 0
        for scalar in scalars {
            let combiningClass = data.combiningClass(scalar)
            if let starter, starter == result.count - 1 || lastClass < combiningClass,
                let composite = composite(result[starter], scalar)
            {
                result[starter] = composite
                continue
            }
            if combiningClass == 0 { starter = result.count }
            lastClass = combiningClass
            result.append(scalar)
        }
        return result
    }

    private func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
        Hangul.composite(first, second) ?? data.composites[UInt64(first) << 32 | UInt64(second)]
    }
}

/// The syllables U+AC00 to U+D7A3, which are computed instead of listed (section 3.12 of the Unicode Standard).
enum Hangul {
    private static let syllables: UInt32 = 0xAC00
    private static let leads: UInt32 = 0x1100
    private static let vowels: UInt32 = 0x1161
    /// One before the first trailing consonant: a syllable without one has number 0.
    private static let trails: UInt32 = 0x11A7
    private static let leadCount: UInt32 = 19
    private static let vowelCount: UInt32 = 21
    private static let trailCount: UInt32 = 28

    static func decomposition(of scalar: UInt32) -> [UInt32]? {
        let index = scalar &- syllables
        guard index < leadCount * vowelCount * trailCount else { return nil }
        let lead = leads + index / (vowelCount * trailCount)
        let vowel = vowels + index / trailCount % vowelCount
        let trail = index % trailCount
        return trail == 0 ? [lead, vowel] : [lead, vowel, trails + trail]
    }

    static func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
        let lead = first &- leads
        let vowel = second &- vowels
        if lead < leadCount, vowel < vowelCount { return syllables + (lead * vowelCount + vowel) * trailCount }
        let syllable = first &- syllables
        let trail = second &- trails
        guard syllable < leadCount * vowelCount * trailCount, syllable % trailCount == 0, trail > 0, trail < trailCount
        else { return nil }
        return first + trail
    }

    /// Whether the scalar may join what stands before it.
    static func joins(_ scalar: UInt32) -> Bool {
        scalar &- vowels < vowelCount || scalar &- (trails + 1) < trailCount - 1
    }
}
