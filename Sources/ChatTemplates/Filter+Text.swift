/// Filters of text.
extension Filter {
    /// A filter without arguments that makes a text of another.
    private static func transform(_ body: @escaping @Sendable (Text) -> Text) -> Filter {
        Filter { call throws(Fault) in
            // The case of some scalars takes up to three others.
            try call.withText { text throws(Fault) in
                try call.evaluator.meter.allocate(bytes: 2 * text.bytes.count)
                return body(text)
            }
        }
    }

    static let text: [String: Filter] = [
        "upper": transform { $0.uppercased() },
        "lower": transform { $0.lowercased() },
        "capitalize": transform { $0.capitalized() },
        "title": transform { $0.wordsCapitalized() },
        "trim": Filter(["chars"]) { call throws(Fault) in
            let characters = call.bound[0].map(\.isNone) ?? true ? nil : try call.text(0)
            return try call.withText { text in text.stripped(.both, characters: characters) }
        },
        "replace": Filter(["old", "new", "count"], required: 2) { call throws(Fault) in
            let old = try call.evaluator.text(of: call.bound[0] ?? .null)
            let new = try call.evaluator.text(of: call.bound[1] ?? .null)
            let limit = call.bound[2].map(\.isNone) ?? true ? -1 : try call.integer(2, otherwise: -1)
            return .string(
                try call.inputText().replacing(old, with: new, limit: limit, meter: call.evaluator.meter))
        },
        "format": Filter.withAnyArguments { call throws(Fault) in
            let arguments = call.arguments
            guard arguments.positional.isEmpty || arguments.keywords.isEmpty else {
                throw .runtime("can't handle positional and keyword arguments at the same time")
            }
            let values =
                try arguments.keywords.isEmpty
                ? call.evaluator.tuple(arguments.positional)
                : call.evaluator.dictionary(arguments.keywords.map { (.string(Text($0.name)), $0.value) })
            return .string(try PercentFormat.format(try call.inputText(), values, in: call.evaluator))
        },
        "wordcount": Filter { call throws(Fault) in .int(try call.inputText().wordCount) },
    ]

    static let layout: [String: Filter] = [
        "center": Filter(["width"]) { call throws(Fault) in
            .string(
                try FormatSpecification.pad(
                    try call.inputText(), to: try call.integer(0, otherwise: 80), with: " ", .methodCenter,
                    meter: call.evaluator.meter))
        },
        "indent": Filter(["width", "first", "blank"], indent),
        "truncate": Filter(["length", "killwords", "end", "leeway"], truncate),
    ]

    @Sendable private static func indent(_ call: FilterCall) throws(Fault) -> Value {
        guard call.input.text != nil else {
            throw .runtime("indent takes a string, not \(call.input.typeName)")
        }
        let width = call.bound[0] ?? .int(4)
        var indentation = width.text ?? ""
        if width.text == nil {
            indentation = try FormatSpecification.pad(
                "", to: try call.integer(0, otherwise: 4), with: " ", .right, meter: call.evaluator.meter)
        }
        let text = try call.inputText()
        let breaks = text.bytes.count { $0 < 0x20 || $0 >= 0xC2 } + 1
        try call.evaluator.meter.allocate(bytes: 4 * text.bytes.count + 64 * breaks)
        // Jinja adds a line end, so that a last one is not lost when the lines are parted.
        var lines = (text + "\n").lines()
        for index in lines.indices where index > 0 && (call.flag(2) || !lines[index].isEmpty) {
            try call.evaluator.meter.allocate(bytes: indentation.bytes.count)
            lines[index] = indentation + lines[index]
        }
        let indented = try call.evaluator.join(lines, separator: "\n")
        return .string(call.flag(1) ? indentation + indented : indented)
    }

    @Sendable private static func truncate(_ call: FilterCall) throws(Fault) -> Value {
        let length = try call.integer(0, otherwise: 255)
        let end = try call.text(2, otherwise: "...")
        let leeway = call.bound[3].map(\.isNone) ?? true ? 5 : try call.integer(3, otherwise: 5)
        guard call.input.text != nil || call.input.isUndefined else {
            throw .runtime("truncate takes a string, not \(call.input.typeName)")
        }
        guard length >= end.count, leeway >= 0 else { throw .runtime("truncate: length too short or leeway negative") }
        let text = try call.inputText()
        guard text.count - leeway > length else { return .string(text) }
        var kept = text.slice(0..<(length - end.count))
        if !call.flag(1), let space = kept.lastOffset(of: " ") { kept = Text(utf8: kept.bytes[..<space]) }
        return .string(kept + end)
    }
}

extension Text {
    /// Jinja's `title`: what follows white space, `-` or an opening bracket is in upper case, the rest in lower case.
    fileprivate func wordsCapitalized() -> Text {
        var output: [UInt8] = []
        var startsWord = true
        for scalar in scalars {
            let isBoundary = scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar)
            let mapped = startsWord ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
            output += (isBoundary ? String(scalar) : mapped).utf8
            startsWord = isBoundary
        }
        return Text(utf8: output)
    }

    /// How many runs of letters, digits and underscores there are.
    fileprivate var wordCount: Int {
        var count = 0
        var isInWord = false
        for scalar in scalars {
            let isWord = scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            if isWord, !isInWord { count += 1 }
            isInWord = isWord
        }
        return count
    }
}
