import Checkpoints
import Testing

/// Typed look-up: conversions that keep the value, and errors that say what was found.
@Suite struct MetadataAccessTests {
    private let file: GGUFFile

    init() throws { file = try gguf(GGUFBytes.sample()) }

    @Test func missingKeys() throws {
        expectError("file.gguf", "'absent'", "missing") { try file.string("absent") }
        expectError("'absent'", "missing") { try file.strings("absent") }
        expectError("'absent'", "missing") { try file.int("absent") }
        #expect(try file.stringIfPresent("absent") == nil)
        #expect(try file.intIfPresent("absent") == nil)
        #expect(try file.uintIfPresent("absent") == nil)
        #expect(try file.floatIfPresent("absent") == nil)
        #expect(try file.boolIfPresent("absent") == nil)
        #expect(try file.stringsIfPresent("absent") == nil)
        #expect(try file.intsIfPresent("absent") == nil)
        #expect(try file.uintsIfPresent("absent") == nil)
        #expect(try file.floatsIfPresent("absent") == nil)
        #expect(try file.boolsIfPresent("absent") == nil)
    }

    @Test func otherKinds() {
        expectError("file.gguf", "'u8'", "must be a string, is an unsigned integer") { try file.string("u8") }
        expectError("'string'", "must be an integer, is a string") { try file.intIfPresent("string") }
        expectError("'f32'", "must be an integer, is a float") { try file.int("f32") }
        expectError("'bool'", "must be a number, is a bool") { try file.float("bool") }
        expectError("'numbers'", "must be an array of strings, is an array of 3 int32") { try file.strings("numbers") }
        expectError("'strings'", "must be a bool, is an array of 2 string") { try file.bool("strings") }
    }

    @Test func integersConvertWhereTheyFit() throws {
        #expect(try file.int("u16") == 60_000)
        #expect(try file.float("i16") == -300)
        #expect(try file.ints("numbers") == [1, -2, 3])
        expectError("'u64'", "must be an integer") { try file.int("u64") }
        expectError("'i8'", "not negative") { try file.uint("i8") }
        expectError("'numbers'", "not negative") { try file.uints("numbers") }
    }
}
