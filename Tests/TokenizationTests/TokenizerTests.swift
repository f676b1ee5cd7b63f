import Checkpoints
import Testing
import Tokenization

/// What single tokens are, which of them stop generation, and how merges apply.
@Suite struct TokenizerTests {
    @Test func piecesAndBytes() throws {
        let metadata = GGUFFixture.bytesMetadata(and: ["Ġthe", "<|eot_id|>"], merges: [])
        let tokenizer = try Tokenizer(metadata: metadata, source: "inline")
        #expect(tokenizer.vocabularySize == 258)
        #expect(tokenizer.piece(of: 256) == "Ġthe" && tokenizer.id(of: "Ġthe") == 256)
        #expect(tokenizer.bytes(of: 256) == Array(" the".utf8))
        #expect(tokenizer.bytes(of: 0xFF) == [0xFF])
        #expect(tokenizer.id(of: "missing") == nil && tokenizer.id(of: "") == nil)
        for id in [-1, 258, TokenID.max, TokenID.min] {
            #expect(tokenizer.bytes(of: id) == nil && tokenizer.piece(of: id) == nil && !tokenizer.isSpecial(id))
            #expect(tokenizer.decode([id]) == "")
        }
    }

    /// Files often have the tokens that end a turn as ordinary ones; user text must not become them.
    @Test func tokensThatEndGenerationAreSpecial() throws {
        let names = ["<|im_end|>", "<|eot_id|>", "<|end|>", "x"]
        let tokenizer = try Tokenizer(
            metadata: GGUFFixture.bytesMetadata(and: names, merges: []), source: "inline")
        #expect(tokenizer.endOfGeneration == [256, 257, 258])
        #expect(tokenizer.isSpecial(256) && !tokenizer.isSpecial(259))
        #expect(tokenizer.encode("<|im_end|>").count == 10)
        #expect(tokenizer.encode("a<|im_end|>", parseSpecial: true) == [0x61, 256])
        #expect(tokenizer.decode([0x61, 256], skipSpecial: true) == "a")
        #expect(tokenizer.decode([0x61, 256]) == "a<|im_end|>")
    }

    /// In the harmony format `<|end|>` ends one message of several.
    @Test func harmonyMessagesDoNotEndGeneration() throws {
        let names = ["<|return|>", "<|call|>", "<|end|>"]
        let tokenizer = try Tokenizer(
            metadata: GGUFFixture.bytesMetadata(and: names, merges: []), source: "inline")
        #expect(tokenizer.endOfGeneration == [256, 257])
    }

    /// `ab` comes before `bc` in the list, so `abc` is `ab` `c`; and the leftmost of equal pairs goes first.
    @Test func mergesApplyInOrder() throws {
        let metadata = GGUFFixture.bytesMetadata(
            and: ["ab", "bc", "abab", "aa"], merges: ["a b", "b c", "ab ab", "a a", "b c"])
        let tokenizer = try Tokenizer(metadata: metadata, source: "inline")
        #expect(tokenizer.encode("abc") == [256, 0x63])
        #expect(tokenizer.encode("xbc") == [0x78, 257])
        #expect(tokenizer.encode("ababab") == [258, 256])
        #expect(tokenizer.encode("aaa") == [259, 0x61])
    }

    /// Merging goes on through pieces that the vocabulary lacks; a word that ends in one is written as bytes.
    @Test func mergesOfMissingPieces() throws {
        let metadata = GGUFFixture.bytesMetadata(and: ["abc"], merges: ["a b", "ab c", "x y"])
        let tokenizer = try Tokenizer(metadata: metadata, source: "inline")
        #expect(tokenizer.encode("abc") == [256])
        #expect(tokenizer.encode("ab") == [0x61, 0x62])
        #expect(tokenizer.encode("xy") == [0x78, 0x79])
        #expect(tokenizer.vocabularySize == 257)
    }

    /// Of equal pieces text becomes the first; the others can still be decoded.
    @Test func duplicatePieces() throws {
        let metadata = GGUFFixture.bytesMetadata(and: ["ab", "ab", ""], merges: ["a b"])
        let tokenizer = try Tokenizer(metadata: metadata, source: "inline")
        #expect(tokenizer.encode("ab") == [256])
        #expect(tokenizer.decode([256, 257, 258]) == "abab")
    }

    /// Words beyond the length at which the algorithm changes.
    @Test(arguments: [47, 48, 49, 50, 1000]) func longWordsMergeLikeShortOnes(length: Int) throws {
        let metadata = GGUFFixture.bytesMetadata(
            and: ["aa", "aaaa", "aaaaaaaa", "ab"], merges: ["a b", "a a", "aa aa", "aaaa aaaa"])
        let tokenizer = try Tokenizer(metadata: metadata, source: "inline")
        let eights = Array(repeating: TokenID(258), count: length / 8)
        let rests: [[TokenID]] = [
            [], [0x61], [256], [256, 0x61], [257], [257, 0x61], [257, 256], [257, 256, 0x61],
        ]
        #expect(tokenizer.encode(String(repeating: "a", count: length)) == eights + rests[length % 8])
        let ending = tokenizer.encode(String(repeating: "a", count: length) + "b")
        #expect(ending.last == 259 && tokenizer.decode(ending).utf8.count == length + 1)
    }

    @Test(.timeLimit(.minutes(1))) func aMegabyteWithoutSpaces() throws {
        let text = String(repeating: "e", count: 1 << 20)
        let byteLevel = try Tokenizer(
            metadata: GGUFFixture.bytesMetadata(and: ["ee", "eeee"], merges: ["e e", "ee ee"]), source: "inline")
        #expect(byteLevel.encode(text).count == 1 << 18)
        let metadata = try GGUFFixture.sentencePiece().sentencePieceMetadata(addsSpacePrefix: false)
        let sentencePiece = try Tokenizer(metadata: metadata, source: "fixture")
        #expect(sentencePiece.decode(sentencePiece.encode(text)) == text)
        let spaces = String(repeating: " ", count: 1 << 20)
        #expect(sentencePiece.encode(spaces).count == 1 << 18)
    }
}
