/// The added tokens of a vocabulary, by when they are looked for and whether special ones are among them.
struct AddedTokenMatchers: Sendable {
    struct Stage: Sendable {
        /// Looked for in the text as it came.
        let raw: AddedTokenMatcher
        /// Looked for after normalisation.
        let normalized: AddedTokenMatcher
    }

    private let all: Stage
    private let withoutSpecial: Stage

    init(_ description: VocabularyDescription, pieces: PieceTable) {
        func matcher(special: Bool, normalized: Bool) -> AddedTokenMatcher {
            AddedTokenMatcher(
                description.addedTokens.lazy.filter { token in
                    let kind = description.kinds[Int(token.id)]
                    return token.isNormalized == normalized && (special || kind == .userDefined)
                }.map { token in
                    let spelling = pieces[token.id]
                    return (token, (normalized ? description.normalizer.applied(to: spelling)?[...] : nil) ?? spelling)
                })
        }
        all = Stage(
            raw: matcher(special: true, normalized: false), normalized: matcher(special: true, normalized: true))
        withoutSpecial = Stage(
            raw: matcher(special: false, normalized: false), normalized: matcher(special: false, normalized: true))
    }

    func stage(parseSpecial: Bool) -> Stage {
        parseSpecial ? all : withoutSpecial
    }
}
