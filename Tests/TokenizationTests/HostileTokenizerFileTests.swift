import Foundation
import Randomness
import Testing
import Tokenization

/// Wrong and damaged `tokenizer.json` files.
@Suite struct HostileTokenizerFileTests {
    /// A change to one place of a valid file, and what the error must say.
    struct Case: Sendable, CustomTestStringConvertible {
        var original: String
        var replacement: String
        var message: String
        var testDescription: String { replacement }

        init(_ original: String, _ replacement: String, _ message: String) {
            self.original = original
            self.replacement = replacement
            self.message = message
        }
    }

    static let valid = #"""
        {"added_tokens": [{"id": 3, "content": "<e>", "special": true, "normalized": false}],
         "normalizer": {"type": "NFC"},
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
           {"type": "Split", "pattern": {"Regex": "\\p{N}"}, "behavior": "Isolated", "invert": false},
           {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}]},
         "post_processor": {"type": "TemplateProcessing",
           "single": [{"SpecialToken": {"id": "<e>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
           "special_tokens": {"<e>": {"id": "<e>", "ids": [3], "tokens": ["<e>"]}}},
         "decoder": {"type": "ByteLevel"},
         "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}
        """#

    static let cases: [Case] = [
        Case(#""BPE""#, #""WordPiece""#, "'model': type WordPiece is not supported"),
        Case(#""BPE""#, #""Unigram""#, "'model.vocab': is missing"),
        Case(#""NFC""#, #""Nmt""#, "'normalizer': normalizer Nmt"),
        Case(#"{"type": "NFC"}"#, #"{"type": "Precompiled", "precompiled_charsmap": "AAAA"}"#, "is not a table"),
        Case(
            #"{"type": "NFC"}"#, #"{"type": "Replace", "pattern": {}, "content": ""}"#, "'normalizer': has no pattern"),
        Case(#"\\p{N}"#, #"\\p{Thai}+"#, #"'pre_tokenizer.pretokenizers[0]': regular expression \p{Thai}+ is not"#),
        Case(#"\\p{N}"#, #"(?<=a)b"#, "this kind of group"), Case(#"\\p{N}"#, #"a*"#, "it may match nothing"),
        Case(#"\\p{N}"#, #"a++a"#, "possessive"), Case(#"\\p{N}"#, #"(a"#, "a ( without )"),
        Case(#"\\p{N}"#, #"(((a{99}){99}){99}){99}"#, "it is too large"),
        Case(
            #"{"type": "NFC"}"#,
            #"{"type": "Sequence", "normalizers": ["#
                + Array(repeating: #"{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}"#, count: 20)
                .joined(separator: ",") + "]}", "times as long"),
        Case(#"\\p{N}"#, String(repeating: "a", count: 3_000), "it is too long"),
        Case(#""Isolated""#, #""Sideways""#, "behavior Sideways"),
        Case(#""Regex""#, #""Rege""#, "has no pattern"),
        Case(#""Split""#, #""UnicodeScripts""#, "pre-tokenizer UnicodeScripts"),
        Case(#""TemplateProcessing""#, #""BertProcessing""#, "'post_processor': cls is not a token"),
        Case(#""ids": [3]"#, #""ids": [9]"#, "id 9 is outside"),
        Case(#""ids": [3]"#, #""ids": ["3"]"#, "special token <e> has a wrong id"),
        Case(#""decoder": {"type": "ByteLevel"}"#, #""decoder": {"type": "CTC"}"#, "'decoder': decoder CTC"),
        Case(#""id": 3"#, #""id": 4000000000"#, "'added_tokens[0]': the id is not"),
        Case(#""ab": 2"#, #""ab": -2"#, "'model.vocab['ab']': the id is not"),
        Case(#""ab": 2"#, #""ab": 2000000"#, "'model.vocab['ab']': the id is not"),
        Case(#""ab": 2"#, #""ab": 1.5"#, "'model.vocab['ab']': the id is not"),
        Case(#"["a b"]"#, #"["ab"]"#, "'model.merges[0]'"),
        Case(#"["a b"]"#, #"[["a", "b", "c"]]"#, "'model.merges[0]'"),
        Case(#"["a b"]"#, #"["a b"], "unk_token": "<u>""#, "'model.unk_token': <u> is not"),
        Case(#"["a b"]"#, #"["a b"], "end_of_word_suffix": "</w>""#, "'model.end_of_word_suffix'"),
        Case(#"["a b"]}}"#, #"["a b"]}"#, "byte"),
    ]

    @Test func theUnchangedFileIsValid() throws {
        let tokenizer = try Self.tokenizer(Self.valid)
        #expect(tokenizer.encode("abba<e>", addSpecial: true, parseSpecial: true) == [3, 2, 1, 0, 3])
    }

    @Test(arguments: cases) func wrong(file: Case) throws {
        let changed = Self.valid.replacing(file.original, with: file.replacement)
        #expect(changed != Self.valid)
        let error = #expect(throws: TokenizerError.self) { try Self.tokenizer(changed) }
        let description = try #require(error).description
        #expect(description.hasPrefix("tokenizer.json: ") && description.contains(file.message), "\(description)")
    }

    @Test func deepNesting() {
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: TokenizerError.self) { try Self.tokenizer(deep) }
        #expect(throws: TokenizerError.self) { try Self.tokenizer(#"{"model":"# + deep) }
    }

    /// Every truncation is an error; a changed byte may be anything but a trap.
    @Test func damagedFiles() throws {
        let bytes = Array(Self.valid.utf8)
        for length in 0..<bytes.count {
            #expect(throws: TokenizerError.self) { try Self.tokenizer(bytes.prefix(length)) }
        }
        let seed: UInt64 = 5
        var generator = SplitMix64(seed: seed)
        for round in 0..<5000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                damaged[place] = UInt8.random(in: 0...255, using: &generator)
            }
            if let tokenizer = try? Self.tokenizer(damaged) {
                let tokens = tokenizer.encode("ab 1 <e>", addSpecial: true, parseSpecial: true)
                let valid = tokens.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize }
                #expect(valid, "seed \(seed), round \(round)")
            }
        }
    }

    @Test func damagedConfiguration() {
        for config in ["", "{", #"{"bos_token": 5}"#, "nul", #"{"a": "\u12"}"#, "[1, 2", #"{"eos_token": []}"#] {
            #expect(throws: TokenizerError.self) {
                try Tokenizer(
                    tokenizerJSON: Data(Self.valid.utf8), tokenizerConfig: Data(config.utf8), source: "tokenizer.json")
            }
        }
    }

    private static func tokenizer(_ json: String) throws -> Tokenizer {
        try tokenizer(json.utf8)
    }

    private static func tokenizer(_ json: some Sequence<UInt8>) throws -> Tokenizer {
        try Tokenizer(tokenizerJSON: Data(json), tokenizerConfig: nil, source: "tokenizer.json")
    }
}
