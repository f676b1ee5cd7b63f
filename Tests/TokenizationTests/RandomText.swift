import Randomness

/// Text of all scripts and sizes of UTF-8, with more than its share of spaces and markers.
func randomText(using generator: inout SplitMix64, without unwanted: String = "") -> String {
    let parts = [
        " ", "  ", "\n", "\r\n", "▁", "'s", "the", "Expert", "123", "<|end|>", "<tool>", "<0x41>", "é", "e\u{301}",
    ]
    var text = ""
    for _ in 0..<Int.random(in: 0...40, using: &generator) {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: text += parts.randomElement(using: &generator) ?? ""
        case 1: text.unicodeScalars.append(Unicode.Scalar(UInt8.random(in: 0..<128, using: &generator)))
        case 2: text.unicodeScalars.append(randomScalar(below: 0x3000, using: &generator))
        default: text.unicodeScalars.append(randomScalar(below: 0x11_0000, using: &generator))
        }
    }
    text.unicodeScalars.removeAll { unwanted.unicodeScalars.contains($0) }
    return text
}

private func randomScalar(below limit: UInt32, using generator: inout SplitMix64) -> Unicode.Scalar {
    Unicode.Scalar(UInt32.random(in: 0..<limit, using: &generator)) ?? "x"
}
