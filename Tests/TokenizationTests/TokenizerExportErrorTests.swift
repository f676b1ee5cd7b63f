import Checkpoints
import Foundation
import Testing
import Tokenization

/// What GGUF cannot say is an error that names it.
@Suite struct TokenizerExportErrorTests {
    private func error(_ folder: ExportFolder) throws -> TokenizerError? {
        _ = try folder.tokenizer()
        return #expect(throws: TokenizerError.self) { try folder.metadata() }
    }

    /// Trained merges lack most ways to make a piece, which a reader of scores would all take.
    @Test func mergesThatScoresCannotRepeat() throws {
        let trained = try error(ExportFolder(fixture: "mixtral-like"))
        #expect(trained?.item == "model.merges" && trained?.reason.contains("leave apart") == true)

        let scattered = try ExportFolder(fixture: "mixtral-like") { file in
            var model = completed(try #require(file["model"] as? [String: Any]))
            var merges = try #require(model["merges"] as? [[String]])
            let several = try #require(
                merges.indices.dropLast().first { merges[$0].joined() == merges[$0 + 1].joined() })
            merges.append(merges.remove(at: several))
            model["merges"] = merges
            file["model"] = model
        }
        #expect(try error(scattered)?.reason.contains("several places") == true)
    }

    @Test func charactersWithoutBytes() throws {
        let folder = try ExportFolder(fixture: "mixtral-like") { file in
            var model = completed(try #require(file["model"] as? [String: Any]))
            model["byte_fallback"] = false
            file["model"] = model
        }
        #expect(try error(folder)?.item == "model.byte_fallback")
    }

    @Test func bytesWithoutPieces() throws {
        let folder = try ExportFolder(pieces: ["<unk>"], merges: []) { file in
            var model = file["model"] as? [String: Any] ?? [:]
            var vocabulary = model["vocab"] as? [String: Int] ?? [:]
            vocabulary["a"] = nil
            model["vocab"] = vocabulary
            model["unk_token"] = "<unk>"
            file["model"] = model
        }
        #expect(try error(folder)?.reason.contains("byte 97") == true)
    }

    @Test func aSpaceBeforeByteLevelText() throws {
        let folder = try ExportFolder(pieces: [], merges: [], preTokenizer: [["type": "ByteLevel"]])
        #expect(try error(folder)?.reason.contains("space before the text") == true)
    }

    @Test func severalTokensBeforeText() throws {
        let folder = try ExportFolder(pieces: ["[gMASK]", "<sop>"], merges: []) { file in
            file["post_processor"] = [
                "type": "TemplateProcessing",
                "single": [["SpecialToken": ["id": "m"]], ["SpecialToken": ["id": "s"]], ["Sequence": ["id": "A"]]],
                "special_tokens": ["m": ["ids": [256]], "s": ["ids": [257]]],
            ]
        }
        let found = try error(folder)
        #expect(found?.item == "post_processor" && found?.reason.contains("[gMASK] <sop> before") == true)
    }

    @Test func piecesSpeltAlike() throws {
        let folder = try ExportFolder(pieces: ["<x>"], merges: []) { file in
            file["added_tokens"] = [["id": 300, "content": "<x>", "special": true]]
        }
        #expect(try error(folder)?.item == "token 300")
    }

    @Test func keysOfOurOwnAreChecked() throws {
        let metadata = GGUFFixture.bytesMetadata(and: ["<x>"], merges: [])
        let wrong: [String: MetadataValue] = [
            "guildhall.tokenizer.normalization": .string("NFX"),
            "guildhall.tokenizer.plain_tokens": .array(.ints([257])),
            "guildhall.tokenizer.left_space_tokens": .array(.ints([-1])),
            "guildhall.tokenizer.normalized_tokens": .uint(1),
            "guildhall.tokenizer.ignores_merges": .string("yes"),
        ]
        for (key, value) in wrong {
            let changed = metadata.merging([key: value]) { _, new in new }
            let error = #expect(throws: TokenizerError.self) { try Tokenizer(metadata: changed, source: "own") }
            #expect(error?.item == key)
        }
    }
}
