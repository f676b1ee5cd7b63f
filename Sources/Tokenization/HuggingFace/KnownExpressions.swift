/// The regular expressions of `tokenizer.json` files that have a hand-written scanner. An expression is recognised by
/// its exact spelling, because a similar one cuts other words; the others run on `ExpressionMachine`.
enum KnownExpressions {
    /// The scanner of `expression`, or a machine that runs it. Errors name `item` and what is not supported.
    static func pattern(
        for expression: String, _ file: TokenizerFile, _ item: String
    ) throws(TokenizerError) -> any SplitPattern {
        if let pattern = scanner(for: expression) { return pattern }
        do throws(ExpressionParser.Failure) { return try ExpressionPattern(expression) } catch {
            throw file.error(item, "regular expression \(expression) is not supported: \(error.reason)")
        }
    }

    private static func scanner(for expression: String) -> (any SplitPattern)? {
        if let pattern = byExpression[expression] { return pattern }
        // Files differ in whether line breaks are written `\r\n` or as themselves. By scalars, because the two of them
        // are one `Character`.
        let escaped = expression.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\r": text += #"\r"#
            case "\n": text += #"\n"#
            default: text.unicodeScalars.append(scalar)
            }
        }
        return byExpression[escaped] ?? rangePattern(for: expression)
    }

    /// `[a-z…]+` or `\s?[a-z…]+` with nothing but scalars and ranges between the brackets, as DeepSeek's files have for
    /// several scripts.
    private static func rangePattern(for expression: String) -> (any SplitPattern)? {
        let takesSpace = expression.hasPrefix(#"\s?"#)
        let set = takesSpace ? expression.dropFirst(3) : expression[...]
        guard set.hasPrefix("["), set.hasSuffix("]+"), set.unicodeScalars.count > 3,
            let ranges = ScalarRanges(listed: set.unicodeScalars.dropFirst().dropLast(2))
        else { return nil }
        return RangePattern(set: ranges, takesSpace: takesSpace)
    }

    private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    private static let spelledContractions = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    private static let spaces = #"\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let bailingContractions = "'(?i:[sdmt]|ll|ve|re)"

    private static let byExpression: [String: any SplitPattern] = {
        var known: [String: any SplitPattern] = [
            #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: GPT2Pattern(),
            #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: GPT2Pattern(),
            #"\p{N}"#: RunPattern(classes: .number, atMost: 1),
            #"\p{N}+"#: RunPattern(classes: .number),
            #"\p{N}{1,3}"#: RunPattern(classes: .number, atMost: 3),
            "[0-9][0-9][0-9]": ThreeDigitsPattern(),
            #"\s+$"#: TrailingWhitespacePattern(),
            #"[\r\n]"#: RangePattern(set: .lineBreaks, atMost: 1),
            #"\s?\p{L}+"#: RunPattern(classes: .letter, takesSpace: true),
            #"\s?\p{P}+"#: RunPattern(classes: .punctuation, takesSpace: true),
            deepSeekV3: DeepSeekV3Pattern(),
        ]
        for contractions in [contractions, spelledContractions, bailingContractions] {
            known.merge(llama3(contractions)) { old, _ in old }
        }
        known.merge(cased) { old, _ in old }
        return known
    }()

    /// Llama 3, Qwen 2 and relatives, with one way to write the contractions. Possessive quantifiers (`?+`, `++`)
    /// change nothing where what follows cannot match what they hold.
    private static func llama3(_ contractions: String) -> [String: any SplitPattern] {
        func expression(_ digits: String, letters: String = #"\p{L}"#, word: String = #"\p{L}"#) -> String {
            contractions + #"|[^\r\n\p{L}\p{N}]?"# + word + "+|" + digits + #"| ?[^\s"# + letters + #"\p{N}]+[\r\n]*|"#
                + spaces
        }
        let possessive =
            contractions + #"|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
        return [
            expression(#"\p{N}{1,3}"#): Llama3Pattern(digits: 3),
            expression(#"\p{N}"#): Llama3Pattern(digits: 1),
            expression(#"\p{N}{1}"#): Llama3Pattern(digits: 1),
            expression(#"\p{N}+"#): Llama3Pattern(digits: .max),
            expression(#"\p{N}"#, letters: #"\p{L}\p{M}"#, word: #"[\p{L}\p{M}]"#):
                Llama3Pattern(digits: 1, word: [.letter, .mark]),
            possessive: Llama3Pattern(digits: 1),
        ]
    }

    private static let cased: [String: any SplitPattern] = {
        let head = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
        let tail = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
        let prefix = #"[^\r\n\p{L}\p{N}]?"#
        let rest = #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + spaces
        func words(_ suffix: String) -> String {
            prefix + head + "*" + tail + "+" + suffix + "|" + prefix + head + "+" + tail + "*" + suffix
        }
        let gpt4o = CasedWordPattern(digits: 3, keepsContractions: true)
        return [
            words(contractions + "?") + #"|\p{N}{1,3}"# + rest: gpt4o,
            words(spelledContractions + "?") + #"|\p{N}{1,3}"# + rest: gpt4o,
            words("") + #"|\p{N}"# + rest: CasedWordPattern(digits: 1, keepsContractions: false),
        ]
    }()

    private static let deepSeekV3 =
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"##
        + spaces
}
