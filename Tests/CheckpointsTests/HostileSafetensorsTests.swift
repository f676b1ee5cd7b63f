import Checkpoints
import Testing

/// Files made to mislead, one claim each.
@Suite struct HostileSafetensorsTests {
    /// A file of `bytes` zero bytes of data.
    private func file(_ header: String, bytes: Int = 16) -> [UInt8] {
        safetensorsBytes(header, data: [UInt8](repeating: 0, count: bytes))
    }

    private func tensor(_ name: String, _ dtype: String, _ shape: String, _ offsets: String) -> String {
        "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
    }

    @Test(arguments: [100, 1 << 32, 1 << 63, UInt64.max]) func headerLength(length: UInt64) {
        expectError("file.safetensors at byte 0", "header length is \(length)") {
            try safetensors(safetensorsBytes("{}", data: [], length: length))
        }
    }

    @Test func headerLengthLimit() {
        var limits = CheckpointLimits()
        limits.headerBytes = 10
        expectError("header length is 11, above the limit of 10") {
            try safetensors(file("{         }", bytes: 0), limits: limits)
        }
    }

    @Test(arguments: [
        ("[0,17]", "not within the 16 bytes"), ("[8,4]", "not within"), ("[0,9223372036854775807]", "not within"),
        ("[0,9223372036854775808]", "whole number"), ("[-1,15]", "whole number"), ("[0,1e1]", "whole number"),
        ("[0,16.0]", "whole number"), ("[00,16]", "whole number"), ("[0]", "two data_offsets"),
        ("[0,8,16]", "more than 2"), ("[0,\"16\"]", "no value"), ("[0,null]", "no value"), ("[]", "two data_offsets"),
        ("[0,\(String(repeating: "9", count: 100_000))]", "over 64 characters"), ("[0,8]", "8 bytes are not shape [4]"),
        ("{}", "no '['"),
    ]) func offsets(offsets: String, message: String) {
        let header = "{\(tensor("t", "F32", "[4]", offsets))}"
        expectError("file.safetensors", "'t'", message) { try safetensors(file(header)) }
    }

    @Test(arguments: [
        ("[5]", "16 bytes are not shape [5]"), ("[4611686018427387904,4]", "are not shape"), ("[-4]", "whole number"),
        ("[3037000500,3037000500,3037000500]", "are not shape"), ("[]", "16 bytes are not shape []"),
        ("[0]", "are not shape [0]"), ("[0,9223372036854775807,9223372036854775807]", "are not shape"),
        ("[\(Array(repeating: "1", count: 17).joined(separator: ","))]", "more than 16 dimensions"), ("4", "no '['"),
    ]) func shapes(shape: String, message: String) {
        let header = "{\(tensor("t", "F32", shape, "[0,16]"))}"
        expectError("file.safetensors", "'t'", message) { try safetensors(file(header)) }
    }

    @Test func types() {
        for dtype in ["F33", "f32", "", String(repeating: "F", count: 1000)] {
            expectError("'t'", "dtype '\(dtype.prefix(32))' is unknown") {
                try safetensors(file("{\(tensor("t", dtype, "[4]", "[0,16]"))}"))
            }
        }
        // Five numbers of 4 bits do not fill whole bytes.
        expectError("'t'", "are not shape [31]") { try safetensors(file("{\(tensor("t", "F4", "[31]", "[0,16]"))}")) }
    }

    @Test func dataIsCoveredExactly() throws {
        func two(_ first: String, _ second: String) -> [UInt8] {
            file("{\(tensor("a", "U8", "[8]", first)),\(tensor("b", "U8", "[8]", second))}")
        }
        #expect(try safetensors(two("[8,16]", "[0,8]")).tensorNames == ["a", "b"])
        expectError("'b'", "overlaps tensor 'a'") { try safetensors(two("[0,8]", "[4,12]")) }
        expectError("overlaps") { try safetensors(two("[0,8]", "[0,8]")) }
        expectError("overlaps") { try safetensors(two("[7,15]", "[0,8]")) }
        expectError("8 bytes after the last tensor") { try safetensors(file("{\(tensor("a", "U8", "[8]", "[0,8]"))}")) }
        expectError("'a'", "8 bytes before this tensor") {
            try safetensors(file("{\(tensor("a", "U8", "[8]", "[8,16]"))}"))
        }
        expectError("16 bytes after the last tensor") { try safetensors(file("{}")) }
    }

    @Test func duplicates() {
        let one = tensor("t", "U8", "[16]", "[0,16]")
        expectError("'t'", "two tensors have this name") {
            try safetensors(file("{\(one),\(tensor("t", "U8", "[0]", "[16,16]"))}"))
        }
        expectError("'t'", "'shape' is unknown or occurs twice") {
            try safetensors(file(#"{"t":{"dtype":"U8","shape":[16],"shape":[16],"data_offsets":[0,16]}}"#))
        }
        expectError("'__metadata__'", "key 'k' occurs twice") {
            try safetensors(file("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"},\(one)}"))
        }
        expectError("'__metadata__'", "occurs twice") {
            try safetensors(file("{\"__metadata__\":{},\"__metadata__\":{},\(one)}"))
        }
    }

    @Test(arguments: [
        ("", "no '{'"), ("[]", "no '{'"), ("{", "no '\"'"), ("{}x", "followed by something else"),
        ("{\"__metadata__\":{\"k\":1}}", "no '\"'"), ("{\"t\":{}}", "needs dtype"), ("{\"t\":null}", "no '{'"),
        ("{\"t\":{\"dtype\":\"F32\",\"extra\":1}}", "'extra' is unknown"), ("{\"\\ud800\":{}}", "needs dtype"),
        ("{\"t\\q\":{}}", "wrong escape"), ("{\"a\nb\":{}}", "control character"), ("{} \u{0}", "followed"),
    ]) func brokenJSON(header: String, message: String) {
        expectError("file.safetensors", message) { try safetensors(file(header, bytes: 0)) }
    }

    @Test func invalidUTF8() {
        let header: [UInt8] = Array("{\"".utf8) + [0xff] + Array("\":{}}".utf8)
        expectError("not valid UTF-8") { try safetensors(GGUFBytes.little(UInt64(header.count)) + header) }
    }

    /// 100,000 brackets must not use up the stack, wherever they stand.
    @Test(arguments: ["", "{\"t\":", "{\"t\":{\"shape\":", "{\"__metadata__\":"], ["[", "{\"k\":"])
    func deepNesting(prefix: String, opening: String) {
        _ = checkpointError {
            try safetensors(file(prefix + String(repeating: opening, count: 100_000), bytes: 0))
        }
    }
}
