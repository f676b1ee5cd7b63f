/// Methods of strings, without those that search and split.
extension Method {
    static let text: [String: Method] = searching.merging(splitting) { $1 }.merging(predicates) { $1 }
        .merging(transforming) { $1 }.merging(padding) { $1 }

    /// A method without arguments that makes a text of another.
    private static func transform(_ body: @escaping @Sendable (Text) -> Text) -> Method {
        Method { call throws(Fault) in
            // The case of some scalars takes up to three others.
            try call.evaluator.meter.allocate(bytes: 3 * call.text.bytes.count)
            return .string(body(call.text))
        }
    }

    private static func strip(_ ends: TextEnds) -> Method {
        Method(positional: 1) { call throws(Fault) in
            try call.evaluator.string(call.text.stripped(ends, characters: try call.optionalText(0)))
        }
    }

    private static let transforming: [String: Method] = [
        "strip": strip(.both),
        "lstrip": strip(.leading),
        "rstrip": strip(.trailing),
        "upper": transform { $0.uppercased() },
        "lower": transform { $0.lowercased() },
        "title": transform { $0.titlecased() },
        "capitalize": transform { $0.capitalized() },
        "swapcase": transform { $0.swappingCase() },
        "join": Method(positional: 1, required: 1) { call throws(Fault) in
            let items = try call.evaluator.items(of: call.bound[0] ?? .null)
            let texts = try items.map { item throws(Fault) in
                guard let text = item.text else {
                    throw Fault.runtime("expected str instance, \(item.typeName) found")
                }
                return text
            }
            return .string(try call.evaluator.join(texts, separator: call.text))
        },
        "replace": Method(positional: 3, required: 2) { call throws(Fault) in
            .string(
                try call.text.replacing(
                    try call.text(0), with: try call.text(1), limit: try call.optionalInteger(2) ?? -1,
                    meter: call.evaluator.meter))
        },
        "removeprefix": Method(positional: 1, required: 1) { call throws(Fault) in
            let prefix = try call.text(0)
            guard call.text.hasPrefix(prefix) else { return call.receiver }
            return try call.evaluator.string(Text(utf8: call.text.bytes.dropFirst(prefix.bytes.count)))
        },
        "removesuffix": Method(positional: 1, required: 1) { call throws(Fault) in
            let suffix = try call.text(0)
            guard call.text.hasSuffix(suffix) else { return call.receiver }
            return try call.evaluator.string(Text(utf8: call.text.bytes.dropLast(suffix.bytes.count)))
        },
        "format": Method.withAnyArguments { call throws(Fault) in
            .string(try BraceFormat.format(call.text, call.arguments, in: call.evaluator))
        },
    ]

    // MARK: Padding

    private static func pad(_ alignment: FormatSpecification.Alignment) -> Method {
        Method(positional: 2, required: 1) { call throws(Fault) in
            let fill = try call.optionalText(1) ?? " "
            guard fill.count == 1 else { throw .runtime("the fill character must be exactly one character long") }
            return .string(
                try FormatSpecification.pad(
                    call.text, to: try call.optionalInteger(0) ?? 0, with: fill, alignment, meter: call.evaluator.meter)
            )
        }
    }

    private static let padding: [String: Method] = [
        "ljust": pad(.left),
        "rjust": pad(.right),
        "center": pad(.methodCenter),
        "zfill": Method(positional: 1, required: 1) { call throws(Fault) in
            let hasSign = call.text.hasPrefix("-") || call.text.hasPrefix("+")
            let sign = Text(utf8: call.text.bytes.prefix(hasSign ? 1 : 0))
            let digits = Text(utf8: call.text.bytes.dropFirst(sign.bytes.count))
            let width = (try call.optionalInteger(0) ?? 0).subtractingReportingOverflow(sign.bytes.count).partialValue
            let padded = try FormatSpecification.pad(digits, to: width, with: "0", .right, meter: call.evaluator.meter)
            return .string(sign + padded)
        },
    ]
}
