import Randomness
import Serving
import Testing

@Suite struct JSONTests {
    private func parse(_ text: String, _ limits: JSONLimits = JSONLimits()) throws -> JSONValue {
        try JSONParser.parse([UInt8](text.utf8), limits: limits)
    }

    @Test func everyKindIsRead() throws {
        let text = #" { "a" : [ null , true , false , 0 , -12 , 1.5 , 1e3 , -0 , "x" ] , "b" : { } , "c" : [ ] } "#
        let expected: JSONValue = [
            "a": [nil, true, false, 0, -12, .number(1.5), .number(1000), 0, "x"], "b": [:], "c": [],
        ]
        #expect(try parse(text) == expected)
    }

    @Test(arguments: [
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud83e\udd80""#, "🦀"), (#""\u0000""#, "\0"), ("\"ümläut 🦀\"", "ümläut 🦀"),
    ])
    func stringsAreUnescaped(text: String, expected: String) throws {
        #expect(try parse(text) == .string(expected))
    }

    @Test(arguments: [
        "", " ", "[", "]", "{", "{]", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "nul",
        "nulll", "tru", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x10", "1 1",
        "1e999", "-1e999", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\ud800\"", "\"\\udc00\"",
        "\"\\ud800\\u0041\"", "\"\\ud800x\"", "\"\n\"", "\"\u{1}\"", "{\"a\":1,\"a\":2}", "[1]x", "//1", "\u{FEFF}1",
    ])
    func everythingElseIsRefused(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test func invalidUTF8IsRefused() {
        for bytes in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3]] as [[UInt8]] {
            #expect(throws: JSONError.self) { try JSONParser.parse([0x22] + bytes + [0x22]) }
            #expect(throws: JSONError.self) { try JSONParser.parse(bytes) }
        }
    }

    @Test func limitsHold() throws {
        let deep = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(try parse(deep(65)).kind == "an array")
        for text in [deep(66), deep(100_000), String(repeating: "[", count: 100_000)] {
            #expect(throws: JSONError.self) { try parse(text) }
        }
        #expect(throws: JSONError.self) { try parse(String(repeating: "{\"a\":", count: 100_000)) }
        #expect(throws: JSONError.self) { try parse(String(repeating: "9", count: 65)) }
        var limits = JSONLimits()
        limits.values = 4
        #expect(try parse("[1,2,3]", limits) == [1, 2, 3])
        #expect(throws: JSONError.self) { try parse("[1,2,3,4]", limits) }
    }

    @Test func numbersBeyond64BitsBecomeDoubles() throws {
        #expect(try parse("9223372036854775807") == .integer(Int64.max))
        #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
    }

    @Test func errorsTellTheOffset() {
        let error = #expect(throws: JSONError.self) { try parse(#"{"a": x}"#) }
        #expect(error?.offset == 6)
    }

    @Test func orderIsKept() throws {
        let text = #"{"z":1,"a":[2.5,"\u0001\n"],"m":{}}"#
        #expect(String(decoding: try parse(text).utf8, as: UTF8.self) == text)
    }

    @Test(arguments: 0..<50)
    func writtenValuesAreReadBackTheSame(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let value = randomValue(depth: 5, using: &random)
        #expect(try JSONParser.parse(value.utf8) == value, "seed \(seed)")
    }

    /// Damaged documents must be read or refused; anything else would end the test run.
    @Test(arguments: 0..<20)
    func damagedDocumentsDoNotTrap(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            var bytes = randomValue(depth: 4, using: &random).utf8
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = .random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.removeSubrange(place...)
                }
            }
            if let value = try? JSONParser.parse(bytes) {
                #expect((try? JSONParser.parse(value.utf8)) == value, "seed \(seed)")
            }
        }
    }

    private func randomValue(depth: Int, using random: inout SplitMix64) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return [nil, true, false].randomElement(using: &random) ?? nil
        case 1: return .integer(Int64.random(in: .min ... .max, using: &random))
        case 2: return .number(Double.random(in: -1e9...1e9, using: &random) + 0.5.nextUp)
        case 3, 4: return .string(randomText(using: &random))
        case 5:
            return .array(
                (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                    randomValue(depth: depth - 1, using: &random)
                })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                object.append(randomText(using: &random), randomValue(depth: depth - 1, using: &random))
            }
            return .object(object)
        }
    }

    private func randomText(using random: inout SplitMix64) -> String {
        let alphabet = Array("ab\"\\/\n\r\t\u{0}\u{1F} é€🦀{}[]:,")
        return String(
            (0..<Int.random(in: 0..<6, using: &random)).compactMap { _ in
                alphabet.randomElement(using: &random)
            })
    }
}
