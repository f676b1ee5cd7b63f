/// Reads the fields of a JSON object from a client. A field that is null counts as absent. Every error names the
/// field, as the OpenAI API does in `param`.
struct FieldReader {
    let object: JSONObject
    /// Where the object is within the body: empty, or for example `messages[0]`.
    var path = ""

    func param(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    func value(_ name: String) -> JSONValue? {
        let value = object[name]
        return value == .null ? nil : value
    }

    func string(_ name: String) throws(APIError) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value else { throw wrongType(name, value, expected: "a string") }
        return text
    }

    func bool(_ name: String) throws(APIError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let flag) = value else { throw wrongType(name, value, expected: "a boolean") }
        return flag
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws(APIError) -> Int64? {
        guard let value = value(name) else { return nil }
        guard case .integer(let integer) = value else { throw wrongType(name, value, expected: "an integer") }
        guard range.contains(integer) else {
            throw .invalid(
                "\(param(name)) is \(integer), but must be between \(range.lowerBound) and \(range.upperBound).",
                param: param(name))
        }
        return integer
    }

    func number(_ name: String, in range: ClosedRange<Double>) throws(APIError) -> Double? {
        guard let value = value(name) else { return nil }
        let number: Double
        switch value {
        case .integer(let integer): number = Double(integer)
        case .number(let double): number = double
        default: throw wrongType(name, value, expected: "a number")
        }
        guard range.contains(number) else {
            throw .invalid(
                "\(param(name)) is \(number), but must be between \(range.lowerBound) and \(range.upperBound).",
                param: param(name))
        }
        return number
    }

    func array(_ name: String) throws(APIError) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard case .array(let elements) = value else { throw wrongType(name, value, expected: "an array") }
        return elements
    }

    func reader(_ name: String) throws(APIError) -> FieldReader? {
        guard let value = value(name) else { return nil }
        guard case .object(let object) = value else { throw wrongType(name, value, expected: "an object") }
        return FieldReader(object: object, path: param(name))
    }

    func wrongType(_ name: String, _ value: JSONValue, expected: String) -> APIError {
        .invalid("\(param(name)) must be \(expected), but is \(value.kind).", param: param(name))
    }
}
