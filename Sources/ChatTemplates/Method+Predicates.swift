/// Methods of strings that ask what they are made of.
extension Method {
    static let predicates: [String: Method] = [
        "isalpha": all { $0.isPythonAlpha },
        "isalnum": all { $0.isPythonAlpha || $0.properties.numericType != nil },
        "isdecimal": all { $0.properties.numericType == .decimal },
        "isdigit": all { $0.properties.numericType == .decimal || $0.properties.numericType == .digit },
        "isnumeric": all { $0.properties.numericType != nil },
        "isspace": all { $0.isPythonSpace },
        "isprintable": all(emptyIs: true) { $0.isPythonPrintable },
        "isascii": all(emptyIs: true) { $0.isASCII },
        "islower": Method { call throws(Fault) in .bool(call.text.isLower) },
        "isupper": Method { call throws(Fault) in .bool(call.text.isUpper) },
        "istitle": Method { call throws(Fault) in .bool(call.text.isTitle) },
    ]

    private static func all(
        emptyIs empty: Bool = false, _ holds: @escaping @Sendable (Unicode.Scalar) -> Bool
    ) -> Method {
        Method { call throws(Fault) in
            .bool(call.text.isEmpty ? empty : call.text.scalars.allSatisfy(holds))
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isPythonAlpha: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    fileprivate var isTitlecase: Bool { properties.generalCategory == .titlecaseLetter }

    fileprivate var isCased: Bool { properties.isUppercase || properties.isLowercase || isTitlecase }
}

extension Text {
    /// Python's `str.islower`: some cased scalars, none of them upper or title case.
    var isLower: Bool {
        scalars.contains { $0.properties.isLowercase }
            && !scalars.contains { $0.properties.isUppercase || $0.isTitlecase }
    }

    /// Python's `str.isupper`.
    var isUpper: Bool {
        scalars.contains { $0.properties.isUppercase }
            && !scalars.contains { $0.properties.isLowercase || $0.isTitlecase }
    }

    /// Python's `str.istitle`: upper case only at the beginning of words, lower case only within.
    fileprivate var isTitle: Bool {
        var isInWord = false
        var hasWord = false
        for scalar in scalars {
            if scalar.properties.isUppercase || scalar.isTitlecase {
                if isInWord { return false }
                hasWord = true
            } else if scalar.properties.isLowercase, !isInWord {
                return false
            }
            isInWord = scalar.isCased
        }
        return hasWord
    }

    // MARK: Changing case

    func uppercased() -> Text { mapping { $0.properties.uppercaseMapping } }

    func lowercased() -> Text { mapping { $0.properties.lowercaseMapping } }

    func swappingCase() -> Text {
        mapping { $0.properties.isUppercase ? $0.properties.lowercaseMapping : $0.properties.uppercaseMapping }
    }

    /// Python's `str.capitalize`.
    func capitalized() -> Text {
        var isFirst = true
        return mapping { scalar in
            defer { isFirst = false }
            return isFirst ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
        }
    }

    /// Python's `str.title`: words are runs of cased scalars.
    func titlecased() -> Text {
        var isInWord = false
        return mapping { scalar in
            defer { isInWord = scalar.isCased }
            return isInWord ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
        }
    }

    private func mapping(_ change: (Unicode.Scalar) -> String) -> Text {
        var mapped: [UInt8] = []
        mapped.reserveCapacity(bytes.count)
        for scalar in scalars { mapped += change(scalar).utf8 }
        return Text(utf8: mapped)
    }
}
