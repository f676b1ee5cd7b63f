import Foundation

/// The four normalisation forms of Unicode (UAX #15).
enum NormalizationForm: String, Sendable {
    case composed = "NFC"
    case decomposed = "NFD"
    case compatiblyComposed = "NFKC"
    case compatiblyDecomposed = "NFKD"

    /// `text` in this form, or nil if nothing in it can change.
    func applied(to text: ArraySlice<UInt8>) -> [UInt8]? {
        // Below U+00A0, whose first byte is 0xC2, no form changes anything.
        guard text.contains(where: { $0 >= 0xC2 }) else { return nil }
        let composition = CanonicalComposition()
        switch self {
        case .composed: return composition.composed(text)
        case .decomposed: return composition.decomposed(text, compatibly: false)
        case .compatiblyDecomposed: return composition.decomposed(text, compatibly: true)
        case .compatiblyComposed:
            let decomposed = composition.decomposed(text, compatibly: true)
            return composition.composed(decomposed[...]) ?? decomposed
        }
    }
}

extension CanonicalComposition {
    /// `text` in form D or KD.
    func decomposed(_ text: ArraySlice<UInt8>, compatibly: Bool) -> [UInt8] {
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
        var parts = scalars.flatMap { scalar -> [UInt32] in
            compatibly ? compatibleDecomposition(of: scalar) : decomposition(of: scalar.value)
        }
        putMarksInOrder(&parts)
        return utf8(of: parts)
    }

    private func compatibleDecomposition(of scalar: Unicode.Scalar) -> [UInt32] {
        guard scalar.value >= 0xA0, scalar.isAssigned(before: Normalizer.oldTables),
            Hangul.decomposition(of: scalar.value) == nil
        else {
            return decomposition(of: scalar.value)
        }
        let parts = String(scalar).decomposedStringWithCompatibilityMapping.unicodeScalars.map(\.value)
        // What the compatibility mapping leaves alone may still have a canonical one, with its marks in order.
        return parts.count == 1 ? decomposition(of: parts[0]) : parts
    }
}
