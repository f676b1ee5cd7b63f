/// Finds added tokens in text: at each position the longest, from left to right.
struct AddedTokenMatcher: Sendable {
    /// What text is cut into.
    enum Segment: Equatable {
        case text(Range<Int>)
        case token(TokenID)
    }

    private struct Node: Sendable {
        var byte: UInt8
        /// The token that ends here.
        var token: AddedToken?
        /// -1 where there is none.
        var firstChild: Int32 = -1
        var nextSibling: Int32 = -1
    }

    /// A trie over bytes; node 0 is the root.
    private var nodes = [Node(byte: 0)]
    /// Root children by first byte, or -1: most positions of most texts end here.
    private var rootChildren = [Int32](repeating: -1, count: 256)

    /// `tokens` are added tokens and how they are spelt; empty spellings are ignored, of equal ones the first is found.
    init(_ tokens: some Sequence<(token: AddedToken, spelling: ArraySlice<UInt8>)>) {
        for (token, spelling) in tokens where !spelling.isEmpty {
            var node: Int32 = 0
            for byte in spelling { node = child(of: node, byte) ?? addChild(of: node, byte) }
            if nodes[Int(node)].token == nil { nodes[Int(node)].token = token }
        }
    }

    var isEmpty: Bool { nodes.count == 1 }

    /// Calls `body` with the segments of `range` in order. Text segments are not empty and lie between tokens.
    func forEachSegment(in text: ScannedText, range: Range<Int>, _ body: (Segment) -> Void) {
        var textStart = range.lowerBound
        var position = range.lowerBound
        while position < range.upperBound {
            guard rootChildren[Int(text.bytes[position])] >= 0,
                let (token, tokenEnd) = longestToken(in: text, from: position, to: range.upperBound)
            else {
                position += 1
                continue
            }
            guard !token.isSingleWord || isWord(in: text, position..<tokenEnd, within: range) else {
                position = tokenEnd
                continue
            }
            let textEnd = token.takesLeftSpace ? leftSpaceStart(in: text, from: textStart, to: position) : position
            if textStart < textEnd { body(.text(textStart..<textEnd)) }
            body(.token(token.id))
            textStart =
                token.takesRightSpace ? text.run(of: .whitespace, from: tokenEnd, to: range.upperBound) : tokenEnd
            position = textStart
        }
        if textStart < range.upperBound { body(.text(textStart..<range.upperBound)) }
    }

    /// Whether no part of a word stands directly before or after `token`.
    private func isWord(in text: ScannedText, _ token: Range<Int>, within range: Range<Int>) -> Bool {
        let word = ScalarSet.Property.wordOrJoiner
        if token.lowerBound > range.lowerBound, word.holds(for: text.scalar(at: text.previous(token.lowerBound)).value)
        {
            return false
        }
        return token.upperBound == range.upperBound || !word.holds(for: text.scalar(at: token.upperBound).value)
    }

    private func longestToken(in text: ScannedText, from start: Int, to end: Int) -> (token: AddedToken, end: Int)? {
        var node = rootChildren[Int(text.bytes[start])]
        var position = start + 1
        var longest: (AddedToken, Int)?
        while node >= 0 {
            if let token = nodes[Int(node)].token { longest = (token, position) }
            guard position < end else { break }
            node = child(of: node, text.bytes[position]) ?? -1
            position += 1
        }
        return longest
    }

    private func leftSpaceStart(in text: ScannedText, from start: Int, to end: Int) -> Int {
        var position = end
        while position > start {
            let previous = text.previous(position)
            guard text.scalarClass(at: previous).class.contains(.whitespace) else { break }
            position = previous
        }
        return position
    }

    private func child(of node: Int32, _ byte: UInt8) -> Int32? {
        if node == 0 { return rootChildren[Int(byte)] >= 0 ? rootChildren[Int(byte)] : nil }
        var child = nodes[Int(node)].firstChild
        while child >= 0, nodes[Int(child)].byte != byte { child = nodes[Int(child)].nextSibling }
        return child >= 0 ? child : nil
    }

    private mutating func addChild(of node: Int32, _ byte: UInt8) -> Int32 {
        let child = Int32(nodes.count)
        nodes.append(Node(byte: byte, nextSibling: nodes[Int(node)].firstChild))
        nodes[Int(node)].firstChild = child
        if node == 0 { rootChildren[Int(byte)] = child }
        return child
    }
}
