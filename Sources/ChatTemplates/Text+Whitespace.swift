extension Unicode.Scalar {
    /// What Python's `str.isspace` and `\s` accept: Unicode's white space and the four separator control characters.
    var isPythonSpace: Bool {
        if value < 0x80 { return value == 0x20 || (0x09...0x0D).contains(value) || (0x1C...0x1F).contains(value) }
        return properties.isWhitespace
    }

    /// What `str.splitlines` breaks lines at.
    var isPythonLineBreak: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}

/// The ends of a text that stripping looks at.
struct TextEnds: OptionSet {
    let rawValue: Int
    static let leading = TextEnds(rawValue: 1)
    static let trailing = TextEnds(rawValue: 2)
    static let both: TextEnds = [.leading, .trailing]
}

extension Text {
    /// Without the scalars at the given ends that `isStripped` accepts.
    func stripped(_ ends: TextEnds, where isStripped: (Unicode.Scalar) -> Bool = \.isPythonSpace) -> Text {
        var rest = scalars[...]
        if ends.contains(.leading) { rest = rest.drop(while: isStripped) }
        if ends.contains(.trailing) { while let last = rest.last, isStripped(last) { rest.removeLast() } }
        return Text(String(rest))
    }

    /// Without the scalars of `characters` at the given ends, white space where that is nil.
    func stripped(_ ends: TextEnds, characters: Text?) -> Text {
        guard let characters else { return stripped(ends) }
        let set = Set(characters.scalars)
        return stripped(ends) { set.contains($0) }
    }

    /// Python's `str.splitlines`.
    func lines(keepingEnds: Bool = false) -> [Text] {
        let scalars = Array(self.scalars)
        var lines: [Text] = []
        var start = 0
        var index = 0
        while index < scalars.count {
            guard scalars[index].isPythonLineBreak else {
                index += 1
                continue
            }
            let end = index
            index += scalars[index] == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n" ? 2 : 1
            lines.append(Text(scalars[start..<(keepingEnds ? index : end)]))
            start = index
        }
        if start < scalars.count { lines.append(Text(scalars[start...])) }
        return lines
    }

    /// Python's `str.split()`: the parts between runs of white space. After `limit` splits from the left the rest is
    /// one part.
    func words(limit: Int) -> [Text] {
        var words: [Text] = []
        var rest = stripped(.leading).scalars[...]
        while !rest.isEmpty {
            guard words.count < limit, let end = rest.firstIndex(where: \.isPythonSpace) else {
                words.append(Text(String(rest)))
                break
            }
            words.append(Text(String(rest[..<end])))
            rest = rest[end...].drop(while: \.isPythonSpace)
        }
        return words
    }

    /// Python's `str.rsplit()`: as `words`, counting splits from the right.
    func wordsFromRight(limit: Int) -> [Text] {
        Text(scalars.reversed()).words(limit: limit).reversed().map { Text($0.scalars.reversed()) }
    }
}
