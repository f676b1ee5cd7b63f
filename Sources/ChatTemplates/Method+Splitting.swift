/// Methods of strings that search and split.
extension Method {
    static let searching: [String: Method] = [
        "find": search(failing: false) { window, needle in window.firstOffset(of: needle) },
        "index": search(failing: true) { window, needle in window.firstOffset(of: needle) },
        "rfind": search(failing: false) { window, needle in window.lastOffset(of: needle) },
        "rindex": search(failing: true) { window, needle in window.lastOffset(of: needle) },
        "count": Method(positional: 3, required: 1) { call throws(Fault) in
            guard let (window, _) = try call.window(), let needle = try call.optionalText(0) else { return .int(0) }
            return .int(needle.isEmpty ? window.count + 1 : window.offsets(of: needle).count)
        },
        "startswith": Method(positional: 3, required: 1) { call throws(Fault) in
            try call.matchesAny { window, affix in window.hasPrefix(affix) }
        },
        "endswith": Method(positional: 3, required: 1) { call throws(Fault) in
            try call.matchesAny { window, affix in window.hasSuffix(affix) }
        },
    ]

    private static func search(
        failing: Bool, _ find: @escaping @Sendable (_ window: Text, _ needle: Text) -> Int?
    ) -> Method {
        Method(positional: 3, required: 1) { call throws(Fault) in
            let needle = try call.text(0)
            if let (window, start) = try call.window(), let offset = find(window, needle) {
                return .int(start + window.scalarIndex(ofOffset: offset))
            }
            guard !failing else { throw .runtime("substring not found") }
            return .int(-1)
        }
    }

    static let splitting: [String: Method] = [
        "split": Method(["sep", "maxsplit"]) { call throws(Fault) in
            guard let separator = try call.separator() else {
                try call.reserveWords()
                return try call.list(call.text.words(limit: try call.splitLimit()))
            }
            let offsets = try call.offsets(of: separator, in: call.text)
            return try call.list(call.text.parts(between: offsets, separator))
        },
        "rsplit": Method(["sep", "maxsplit"]) { call throws(Fault) in
            guard let separator = try call.separator() else {
                try call.reserveWords()
                return try call.list(call.text.wordsFromRight(limit: try call.splitLimit()))
            }
            // Searching the reversed bytes finds the occurrences that do not overlap from the right.
            let reversed = Text(utf8: call.text.bytes.reversed())
            let reversedSeparator = Text(utf8: separator.bytes.reversed())
            let offsets = try call.offsets(of: reversedSeparator, in: reversed)
            let end = call.text.bytes.count - separator.bytes.count
            return try call.list(call.text.parts(between: offsets.reversed().map { end - $0 }, separator))
        },
        "splitlines": Method(["keepends"]) { call throws(Fault) in
            try call.reserveWords()
            return try call.list(call.text.lines(keepingEnds: call.bound[0]?.isTrue ?? false))
        },
        "partition": Method(positional: 1, required: 1) { call throws(Fault) in
            guard let separator = try call.separator(), let offset = call.text.firstOffset(of: separator) else {
                return try call.tuple([call.text, "", ""])
            }
            return try call.tuple(call.text.parts(around: offset, separator))
        },
        "rpartition": Method(positional: 1, required: 1) { call throws(Fault) in
            guard let separator = try call.separator(), let offset = call.text.lastOffset(of: separator) else {
                return try call.tuple(["", "", call.text])
            }
            return try call.tuple(call.text.parts(around: offset, separator))
        },
    ]
}

extension Text {
    fileprivate func parts(between offsets: [Int], _ separator: Text) -> [Text] {
        var parts: [Text] = []
        var start = 0
        for offset in offsets {
            parts.append(Text(utf8: bytes[start..<offset]))
            start = offset + separator.bytes.count
        }
        return parts + [Text(utf8: bytes[start...])]
    }

    fileprivate func parts(around offset: Int, _ separator: Text) -> [Text] {
        [Text(utf8: bytes[..<offset]), separator, Text(utf8: bytes[(offset + separator.bytes.count)...])]
    }
}

extension MethodCall {
    fileprivate func list(_ texts: [Text]) throws(Fault) -> Value { try evaluator.list(texts.map { .string($0) }) }

    /// Counts what white space and line ends may part the text into, by the bytes they may begin with.
    fileprivate func reserveWords() throws(Fault) {
        let breaks = text.bytes.count { $0 <= 0x20 || $0 >= 0xC2 }
        try evaluator.meter.allocate(bytes: 4 * text.bytes.count + MethodCall.partBytes * breaks)
    }

    /// Where to split at `separator`; what the parts take is counted.
    fileprivate func offsets(of separator: Text, in text: Text) throws(Fault) -> [Int] {
        try evaluator.meter.allocate(bytes: 8 * (text.bytes.count / separator.bytes.count))
        let offsets = text.offsets(of: separator, limit: try splitLimit())
        try evaluator.meter.allocate(bytes: text.bytes.count + MethodCall.partBytes * offsets.count)
        return offsets
    }

    /// Roughly what a short text takes in memory.
    private static let partBytes = 64

    fileprivate func tuple(_ texts: [Text]) throws(Fault) -> Value { try evaluator.tuple(texts.map { .string($0) }) }

    fileprivate func separator() throws(Fault) -> Text? {
        guard let separator = try optionalText(0) else { return nil }
        guard !separator.isEmpty else { throw .runtime("empty separator") }
        return separator
    }

    /// How often to split, without a bound where the argument is negative or left out.
    fileprivate func splitLimit() throws(Fault) -> Int {
        guard let limit = try optionalInteger(1), limit >= 0 else { return .max }
        return limit
    }

    /// The part of the receiver between the second and third argument, and its index; nil if it begins after the end.
    fileprivate func window() throws(Fault) -> (Text, start: Int)? {
        guard bound[1] != nil || bound[2] != nil else { return (text, 0) }
        let count = text.count
        func place(_ index: Int) -> Int { index < 0 ? max(index + count, 0) : index }
        let start = place(try optionalInteger(1) ?? 0)
        let end = min(place(try optionalInteger(2) ?? count), count)
        guard start <= end else { return nil }
        return (text.slice(start..<end), start)
    }

    /// Whether the first argument, a string or a tuple of strings, matches.
    fileprivate func matchesAny(_ matches: (Text, Text) -> Bool) throws(Fault) -> Value {
        var affixes: [Value] = [bound[0] ?? .null]
        if case .tuple(let list) = affixes[0] { affixes = list.items }
        guard let (window, _) = try window() else { return .bool(false) }
        for affix in affixes {
            guard let affix = affix.text else { throw .runtime("expected a string or a tuple of strings") }
            try evaluator.meter.touch(bytes: affix.bytes.count)
            if matches(window, affix) { return .bool(true) }
        }
        return .bool(false)
    }
}
