import Checkpoints
import Randomness
import Testing

@Suite struct ConfigValueTests {
    private func parse(_ text: String, limits: CheckpointLimits = .default) throws -> ConfigValue {
        try ConfigValue.parse(bytes: Array(text.utf8), file: "config.json", limits: limits)
    }

    private static let sound: [(String, ConfigValue)] = [
        ("null", .null), (" true\n", .bool(true)), ("false", .bool(false)), ("0", .int(0)), ("-0", .int(0)),
        ("-12", .int(-12)), ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
        ("9223372036854775808", .float(9_223_372_036_854_775_808)), ("1e-05", .float(1e-05)), ("1E+2", .float(100)),
        ("0.5", .float(0.5)), ("-0.0", .float(-0.0)), ("1e-999", .float(0)), ("Infinity", .float(.infinity)),
        ("-Infinity", .float(-.infinity)), (#""""#, .string("")),
        (#""a\"\\\/\b\f\n\r\t""#, .string("a\"\\/\u{8}\u{c}\n\r\t")),
        (#""\u00e9\ud83d\ude00""#, .string("é😀")), (#""\ud83d""#, .string("\u{fffd}")),
        (#""\ud83dx\ude00""#, .string("\u{fffd}x\u{fffd}")), (#""\ud83d\u0041""#, .string("\u{fffd}A")),
        ("[]", .array([])), ("[1, [2]]", .array([.int(1), .array([.int(2)])])), ("{}", .object([:])),
        (#"{"a":{"b":null}}"#, .object(["a": .object(["b": .null])])),
        (#"{"a":1,"a":2}"#, .object(["a": .int(2)])),
    ]

    @Test(arguments: sound) func accepts(text: String, value: ConfigValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "tru", "TRUE", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "-", "--1", "1.e5", "0x10",
        "1e999", "-1e999", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "}", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}",
        "{1:2}", "'a'", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u+123\"", "\"\u{1}\"", "1 2", "NaNs",
        "[1}", "{\"a\":1]", "\u{feff}1", "1e5e5", "1.2.3", "1-2", "inf", "nan",
    ]) func refuses(text: String) {
        expectError("config.json") { try parse(text) }
    }

    @Test func notANumber() throws {
        #expect(try parse("NaN").floatValue?.isNaN == true)
    }

    @Test func invalidUTF8() {
        for bytes in [[0x22, 0xff, 0x22], [0x22, 0x5c, 0x6e, 0xc3, 0x22], [0xff]] as [[UInt8]] {
            expectError("config.json") { try ConfigValue.parse(bytes: bytes, file: "config.json") }
        }
    }

    @Test func nestingIsBounded() throws {
        let at64 = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(try parse(at64).arrayValue?.count == 1)
        for text in [String(repeating: "[", count: 65), String(repeating: "[", count: 100_000)] {
            expectError("config.json at byte 65", "nested more than 64 deep") { try parse(text) }
        }
        expectError("nested more than 64 deep") { try parse(String(repeating: "{\"k\":", count: 100_000)) }
    }

    @Test func access() throws {
        let config = try parse(#"{"n":32,"f":32.0,"e":1e6,"x":0.5,"s":"t","b":true,"a":[1],"o":{"k":2},"z":null}"#)
        #expect(config["n"]?.intValue == 32)
        #expect(config["f"]?.intValue == 32)
        #expect(config["e"]?.intValue == 1_000_000)
        #expect(config["x"]?.intValue == nil)
        #expect(config["n"]?.floatValue == 32)
        #expect(config["x"]?.floatValue == 0.5)
        #expect(config["s"]?.stringValue == "t")
        #expect(config["b"]?.boolValue == true)
        #expect(config["a"]?.arrayValue?.first?.intValue == 1)
        #expect(config["o"]?["k"]?.intValue == 2)
        #expect(config["z"]?.isNull == true)
        #expect(config["missing"] == nil)
        #expect(config["s"]?["deeper"] == nil)
        #expect(config["b"]?.intValue == nil)
    }

    /// Any text at all, made of the characters JSON is made of, is read or refused.
    @Test(.timeLimit(.minutes(1)), arguments: [11, 12] as [UInt64]) func randomText(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let pieces = [
            "{", "}", "[", "]", "\"", "\\", "u12", ",", ":", "1", "-", "e", ".", "null", "\"k\":", " ", "\u{e9}",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 1...24, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined()
            guard let value = try? parse(text) else { continue }
            // What was read is not empty-handed: it starts with a character that begins a value.
            #expect("{[\"-1n".contains(text.drop { $0 == " " }.first ?? "?"), "seed \(seed): \(text) → \(value)")
        }
    }
}
