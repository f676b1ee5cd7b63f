/// The pre-tokenisers that GGUF files name in `tokenizer.ggml.pre`.
extension PreTokenizer {
    static let gpt2 = PreTokenizer(patterns: [GPT2Pattern()])
    static let llama3 = PreTokenizer(patterns: [Llama3Pattern(digits: 3)])
    static let qwen2 = PreTokenizer(patterns: [Llama3Pattern(digits: 1)])
    static let qwen35 = PreTokenizer(patterns: [Llama3Pattern(digits: 1, word: [.letter, .mark])])
    static let gpt4o = PreTokenizer(patterns: [CasedWordPattern(digits: 3, keepsContractions: true)])
    static let tekken = PreTokenizer(patterns: [CasedWordPattern(digits: 1, keepsContractions: false)])
    /// GPT-2 with single digits: StarCoder, Granite, Command-R, …
    static let starCoder = PreTokenizer(patterns: [RunPattern(classes: .number, atMost: 1), GPT2Pattern()])
    static let falcon = PreTokenizer(patterns: [
        PunctuationPattern(symbols: "$+<=>^~|`"), GPT2Pattern(), ThreeDigitsPattern(),
    ])
    /// What llama.cpp applies to files that name no pre-tokeniser.
    static let unnamed = PreTokenizer(patterns: [
        PunctuationPattern(symbols: "$+<=>^~|"), GPT2Pattern(), RunPattern(classes: .number), ThreeDigitsPattern(),
    ])
    static let deepSeekLLM = PreTokenizer(patterns: [
        RangePattern(set: .lineBreaks, atMost: 1), RangePattern(set: .deepSeekLetters, takesSpace: true),
        RangePattern(set: .deepSeekPunctuation, takesSpace: true), TrailingWhitespacePattern(),
        RangePattern(set: .deepSeekEastAsian), RunPattern(classes: .number),
    ])
    static let deepSeekCoder = PreTokenizer(patterns: [
        RangePattern(set: .lineBreaks, atMost: 1), RunPattern(classes: .letter, takesSpace: true),
        RunPattern(classes: .punctuation, takesSpace: true), RangePattern(set: .deepSeekEastAsian),
        RunPattern(classes: .number, atMost: 1),
    ])
    static let deepSeekV3 = PreTokenizer(patterns: [
        RunPattern(classes: .number, atMost: 3), RangePattern(set: .deepSeekV3EastAsian), DeepSeekV3Pattern(),
    ])

    private static func expressions(_ expressions: String...) -> PreTokenizer? {
        let patterns = expressions.compactMap { try? ExpressionPattern($0) }
        return patterns.count == expressions.count ? PreTokenizer(patterns: patterns) : nil
    }

    /// BLOOM's only expression, as published.
    private static let notPunctuation = #" ?[^(\s|.,!?…。，、।۔،)]+"#
    static let bloom = expressions(notPunctuation)
    static let viking = expressions(notPunctuation, #"\p{N}"#)

    /// The pre-tokeniser of that name, or nil. Where llama.cpp departs from the published expression (`gpt-4o`: marks before
    /// a contraction; `kimi-k2`: capitals within a word) it is the expression that counts, as in the model's training.
    /// Names are those of llama.cpp, so that every file it converts either
    /// loads with the same words or is refused.
    package static func named(_ name: String) -> PreTokenizer? {
        byName[name]
    }

    /// All names, sorted, for messages.
    package static var names: [String] { byName.keys.sorted() }

    private static let byName: [String: PreTokenizer] = {
        let groups: [(PreTokenizer?, String)] = [
            (.unnamed, "default"),
            (.gpt2, "gpt-2 phi-2 mpt olmo jais trillion granite-docling gigachat a.x-4.0 mellum exaone4"),
            (.gpt2, "roberta-bpe modern-bert"),
            (.llama3, "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 dbrx smaug-bpe"),
            (.llama3, "glm4 chatglm-bpe"),
            (.qwen2, "qwen2 deepseek-r1-qwen megrez stablelm2 hunyuan solar-open grok-2 kormo"),
            (.qwen2, "bailingmoe bailingmoe2 llada-moe"),
            (.qwen35, "qwen35"),
            (.starCoder, "starcoder refact command-r smollm codeshell exaone minerva-7b mellum2"),
            (.falcon, "falcon"),
            (.deepSeekLLM, "deepseek-llm"),
            (.deepSeekCoder, "deepseek-coder"),
            (.deepSeekV3, "deepseek-v3 hunyuan-dense joyai-llm"),
            (.gpt4o, "gpt-4o llama4 kanana2 minimax-m2"),
            (.tekken, "tekken"),
            (.bloom, "bloom poro-chat gpt3-finnish"),
            (.viking, "viking"),
            (.kimi, "kimi-k2"),
        ]
        var byName: [String: PreTokenizer] = [:]
        for (preTokenizer, names) in groups {
            for name in names.split(separator: " ") { byName[String(name)] = preTokenizer }
        }
        return byName
    }()

    /// Names under which a word that is a piece of the vocabulary stays whole whatever the merges say.
    static let ignoringMerges: Set<String> = [
        "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "tekken", "glm4",
    ]

    /// Names under which text begins with the begin-of-text token unless the file says otherwise.
    static var addingBeginOfText: Set<String> { ignoringMerges.subtracting(["glm4"]) }
}
