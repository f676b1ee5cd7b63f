/// A set of Unicode scalars as an expression writes it: `\p{L}`, `[^\s\p{N}]`, `[a-z&&[^x]]`.
indirect enum ScalarSet: Sendable {
    case classes(ScalarClass)
    case ranges(ScalarRanges)
    /// A set that is asked for by computation.
    case property(Property)
    case union([ScalarSet])
    case intersection(ScalarSet, ScalarSet)
    case complement(ScalarSet)

    /// What `ScalarClass` does not tell.
    enum Property: Sendable {
        case category(Unicode.GeneralCategory)
        /// `\w`: letters, marks, decimal digits and connectors.
        case word
        /// The same with the two joiners, as in Rust.
        case wordOrJoiner
        /// What the `tokenizers` library takes for punctuation: its tables are of Unicode 8.
        case oldPunctuation
    }

    func contains(_ scalar: UInt32) -> Bool {
        switch self {
        case .classes(let classes): !ScalarClasses.shared[scalar].isDisjoint(with: classes)
        case .ranges(let ranges): ranges.contains(scalar)
        case .property(let property): property.holds(for: scalar)
        case .union(let sets): sets.contains { $0.contains(scalar) }
        case .intersection(let left, let right): left.contains(scalar) && right.contains(scalar)
        case .complement(let set): !set.contains(scalar)
        }
    }

    static func scalar(_ scalar: Unicode.Scalar) -> ScalarSet {
        .ranges(ScalarRanges([scalar.value...scalar.value]))
    }
}

extension ScalarSet.Property {
    func holds(for value: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(value) else { return false }
        switch self {
        case .category(let category): return scalar.properties.generalCategory == category
        case .wordOrJoiner: return value == 0x200C || value == 0x200D || Self.word.holds(for: value)
        case .oldPunctuation:
            if scalar.isASCII { return !ScalarClasses.shared[value].isDisjoint(with: [.punctuation, .symbol]) }
            return ScalarClasses.shared[value].contains(.punctuation) && scalar.isAssigned(before: 9)
        case .word:
            let category = scalar.properties.generalCategory
            return scalar.properties.isAlphabetic || ScalarClasses.shared[value].contains(.mark)
                || category == .decimalNumber || category == .connectorPunctuation
        }
    }
}

extension Unicode.Scalar {
    /// Whether a version of Unicode before `major`.0 has the scalar.
    func isAssigned(before major: Int) -> Bool {
        properties.age.map { $0.major < major } ?? false
    }
}

/// Sets by the names of `\p{…}`.
extension ScalarSet {
    init?(property name: String) {
        if let classes = Self.classes[name] {
            self = .classes(classes)
        } else if let category = Self.categories[name] {
            self = .property(.category(category))
        } else if let members = Self.groups[name] {
            self = .union(members.map { .property(.category($0)) })
        } else if name == "Han" || name == "Script=Han" {
            self = .ranges(.han)
        } else {
            return nil
        }
    }

    private static let classes: [String: ScalarClass] = [
        "L": .letter, "Ll": .lower, "N": .number, "M": .mark, "P": .punctuation, "S": .symbol,
    ]

    private static let categories: [String: Unicode.GeneralCategory] = [
        "Lu": .uppercaseLetter, "Lt": .titlecaseLetter, "Lm": .modifierLetter, "Lo": .otherLetter,
        "Mn": .nonspacingMark, "Mc": .spacingMark, "Me": .enclosingMark,
        "Nd": .decimalNumber, "Nl": .letterNumber, "No": .otherNumber,
        "Pc": .connectorPunctuation, "Pd": .dashPunctuation, "Ps": .openPunctuation, "Pe": .closePunctuation,
        "Pi": .initialPunctuation, "Pf": .finalPunctuation, "Po": .otherPunctuation,
        "Sm": .mathSymbol, "Sc": .currencySymbol, "Sk": .modifierSymbol, "So": .otherSymbol,
        "Zs": .spaceSeparator, "Zl": .lineSeparator, "Zp": .paragraphSeparator,
        "Cc": .control, "Cf": .format, "Co": .privateUse, "Cn": .unassigned,
    ]

    private static let groups: [String: [Unicode.GeneralCategory]] = [
        "Z": [.spaceSeparator, .lineSeparator, .paragraphSeparator],
        "C": [.control, .format, .privateUse, .unassigned],
    ]
}

extension ScalarRanges {
    /// `\p{Han}`, the script property of Unicode 15.
    static let han = ScalarRanges([
        0x2E80...0x2E99, 0x2E9B...0x2EF3, 0x2F00...0x2FD5, 0x3005...0x3005, 0x3007...0x3007, 0x3021...0x3029,
        0x3038...0x303B, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFA6D, 0xFA70...0xFAD9, 0x16FE2...0x16FE3,
        0x16FF0...0x16FF1, 0x20000...0x2A6DF, 0x2A700...0x2B739, 0x2B740...0x2B81D, 0x2B820...0x2CEA1,
        0x2CEB0...0x2EBE0, 0x2EBF0...0x2EE5D, 0x2F800...0x2FA1D, 0x30000...0x3134A, 0x31350...0x323AF,
    ])
}

/// A set with its answers for ASCII worked out beforehand.
struct IndexedScalarSet: Sendable {
    private let set: ScalarSet
    private var ascii: (UInt64, UInt64) = (0, 0)

    init(_ set: ScalarSet) {
        self.set = set
        for scalar in UInt32(0)..<64 where set.contains(scalar) { ascii.0 |= 1 << scalar }
        for scalar in UInt32(64)..<128 where set.contains(scalar) { ascii.1 |= 1 << (scalar - 64) }
    }

    func contains(_ scalar: UInt32) -> Bool {
        if scalar < 64 { return ascii.0 >> scalar & 1 != 0 }
        if scalar < 128 { return ascii.1 >> (scalar - 64) & 1 != 0 }
        return set.contains(scalar)
    }
}
