/// What pre-tokeniser patterns ask about a Unicode scalar: the general categories `\p{L}`, `\p{N}`, `\p{P}`, `\p{S}`,
/// `\p{M}` (letters in three parts, because some patterns tell cases apart) and `\s`, the White_Space property.
struct ScalarClass: OptionSet, Sendable {
    let rawValue: UInt8

    /// `\p{Lu}` and `\p{Lt}`.
    static let upper = ScalarClass(rawValue: 1)
    /// `\p{Ll}`.
    static let lower = ScalarClass(rawValue: 2)
    /// `\p{Lm}` and `\p{Lo}`.
    static let uncased = ScalarClass(rawValue: 4)
    static let mark = ScalarClass(rawValue: 8)
    static let number = ScalarClass(rawValue: 16)
    static let punctuation = ScalarClass(rawValue: 32)
    static let symbol = ScalarClass(rawValue: 64)
    static let whitespace = ScalarClass(rawValue: 128)

    static let letter: ScalarClass = [.upper, .lower, .uncased]

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(_ scalar: Unicode.Scalar) {
        self =
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .titlecaseLetter: .upper
            case .lowercaseLetter: .lower
            case .modifierLetter, .otherLetter: .uncased
            case .nonspacingMark, .spacingMark, .enclosingMark: .mark
            case .decimalNumber, .letterNumber, .otherNumber: .number
            case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                .finalPunctuation, .otherPunctuation:
                .punctuation
            case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: .symbol
            // Only these categories have scalars with the White_Space property.
            case .spaceSeparator, .lineSeparator, .paragraphSeparator, .control:
                scalar.properties.isWhitespace ? .whitespace : []
            default: []
            }
    }
}

/// The class of every Unicode scalar in a two-stage table of about 70 KiB. Asking the standard library costs 20 ns a
/// scalar, the table 1 ns.
final class ScalarClasses: Sendable {
    /// Row of `rows` that holds the scalars `block << 8 ..< (block + 1) << 8`. Row 0 is ASCII and Latin-1.
    private let rowOfBlock: [UInt8]
    private let rows: [ScalarClass]

    static let shared = ScalarClasses()

    private init() {
        var rowOfBlock: [UInt8] = []
        var rows: [ScalarClass] = []
        var rowNumbers: [[ScalarClass]: UInt8] = [:]
        for block in 0..<0x1100 {
            let row = Self.row(ofBlock: UInt32(block))
            let number = rowNumbers[row] ?? UInt8(rowNumbers.count)
            if rowNumbers.updateValue(number, forKey: row) == nil { rows += row }
            rowOfBlock.append(number)
        }
        self.rowOfBlock = rowOfBlock
        self.rows = rows
    }

    /// Planes 4 to 13 are unassigned and 15 and 16 private, so no class applies there; skipping them makes building
    /// the table four times as fast.
    private static func row(ofBlock block: UInt32) -> [ScalarClass] {
        guard block < 0x400 || block >> 8 == 0xE else { return Array(repeating: [], count: 256) }
        return (0..<256).map { low in Unicode.Scalar(block << 8 | low).map { ScalarClass($0) } ?? [] }
    }

    @inline(__always)
    func ascii(_ byte: UInt8) -> ScalarClass {
        rows[Int(byte)]
    }

    @inline(__always)
    subscript(scalar: UInt32) -> ScalarClass {
        rows[Int(rowOfBlock[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)]
    }
}

extension ScalarClass: Hashable {}
