/// Tells whether merges ever join two numbers (scalars of `\p{N}`). Where they do not, it makes no difference whether
/// a pre-tokeniser cuts `2026` into digits, into groups of three, or not at all.
struct NumberBoundaries {
    /// The bytes with which a number may end, and those with which one may begin.
    private var ends: Set<[UInt8]> = []
    private var beginnings: Set<[UInt8]> = []

    init() {
        let classes = ScalarClasses.shared
        for value in UInt32(0)..<0x11_0000 where classes[value].contains(.number) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(String(scalar).utf8)
            for cut in bytes.indices {
                ends.insert(Array(bytes[cut...]))
                beginnings.insert(Array(bytes[...cut]))
            }
        }
    }

    /// Whether no merge of byte-level pieces joins numbers. The first merge in a run of numbers that reaches from one
    /// into the next has its left part within the one and its right part within the other: only such merges count.
    func areKept(by merges: [MergeRule]) -> Bool {
        !merges.contains { merge in
            let written = Array(merge.text.utf8)
            guard let left = ByteAlphabet.decoded(written[..<merge.leftLength]), ends.contains(left),
                let right = ByteAlphabet.decoded(written[(merge.leftLength + 1)...])
            else { return false }
            return beginnings.contains(right)
        }
    }
}
