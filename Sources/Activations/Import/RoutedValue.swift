import Checkpoints
import Foundation

/// An array of expert ids as it stands in an answer's JSON. Programs and versions differ, so the value itself decides:
/// lists in lists; base64 of a `.npy` file; base64 of bare int32; or an object with base64, shape, dtype and start.
struct RoutedValue {
    /// Flat if nothing told the shape.
    let array: NumberArray
    /// First position, where told.
    let start: Int?
    /// Bare int32, as SGLang sends it: dense layers are there too, as zeros.
    let isBare: Bool

    /// - Parameter field: what errors call the value.
    init(_ value: ConfigValue, file: String, field: String) throws(TraceError) {
        switch value {
        case .string(let text):
            (array, isBare) = try Self.decode(text, shape: nil, number: nil, file: file, field: field)
            start = nil
        case .object: (array, isBare, start) = try Self.wrapped(value, file: file, field: field)
        case .array:
            array = try Self.nested(value, file: file, field: field)
            (isBare, start) = (false, nil)
        default: throw TraceError(file: file, item: field, reason: "is neither a text, a list nor an object")
        }
    }

    private static func wrapped(
        _ value: ConfigValue, file: String, field: String
    ) throws(TraceError) -> (NumberArray, Bool, Int?) {
        let fields = FieldReader(value, file: file, object: field)
        guard let text = ["data", "base64", "b64"].lazy.compactMap({ fields[$0]?.stringValue }).first else {
            throw fields.error("data", "is missing")
        }
        let start = try fields.optionalPosition("start")
        var number: StoredNumber?
        if let dtype = try fields.optionalText("dtype") {
            number = StoredNumber(dtype: dtype)
            guard number != nil else {
                throw fields.error("dtype", "'\(dtype.prefix(32))' is no type of whole numbers")
            }
        }
        var shape: [Int]?
        if let listed = fields["shape"]?.arrayValue {
            shape = listed.compactMap(\.intValue)
            guard shape?.count == listed.count else { throw fields.error("shape", "holds something other than sizes") }
        }
        let (array, _) = try decode(text, shape: shape, number: number, file: file, field: field)
        return (array, shape == nil && number == nil && array.shape.count == 1, start)
    }

    private static func decode(
        _ text: String, shape: [Int]?, number: StoredNumber?, file: String, field: String
    ) throws(TraceError) -> (NumberArray, isBare: Bool) {
        // Some encoders break lines.
        guard let data = Data(base64Encoded: text) ?? Data(base64Encoded: text.filter { !$0.isWhitespace }) else {
            throw TraceError(file: file, item: field, reason: "is not base64")
        }
        let bytes = [UInt8](data)
        if bytes.starts(with: NumPyFile.magic) {
            return (try NumPyFile(bytes, file: file + ": " + field).array, false)
        }
        let number = number ?? .signed(bytes: 4)
        let shape = shape ?? [bytes.count / number.width]
        guard let count = NumberArray.elementCount(shape), count <= bytes.count, count * number.width == bytes.count,
            let values = bytes.withUnsafeBytes({ number.readAll($0) })
        else {
            throw TraceError(
                file: file, item: field,
                reason: "\(bytes.count) bytes are not shape \(shape) of numbers of \(number.width) bytes")
        }
        return (NumberArray(shape: shape, values: values), true)
    }

    /// Lists of lists of lists of numbers, of the same lengths.
    private static func nested(_ value: ConfigValue, file: String, field: String) throws(TraceError) -> NumberArray {
        var shape: [Int] = []
        var level = value
        while let list = level.arrayValue, shape.count < 8 {
            shape.append(list.count)
            guard let first = list.first else { break }
            level = first
        }
        var values: [Int64] = []
        guard shape.count <= 8, collect(value, shape[...], &values) else {
            throw TraceError(file: file, item: field, reason: "is not a rectangular list of whole numbers")
        }
        return NumberArray(shape: shape, values: values)
    }

    private static func collect(_ value: ConfigValue, _ shape: ArraySlice<Int>, _ values: inout [Int64]) -> Bool {
        guard let size = shape.first else {
            guard case .int(let number) = value else { return false }
            values.append(number)
            return true
        }
        guard let list = value.arrayValue, list.count == size else { return false }
        return list.allSatisfy { collect($0, shape.dropFirst(), &values) }
    }
}

extension NumberArray {
    /// This array as [tokens × layers × top-k]; throws if it is something else.
    ///
    /// - Parameters:
    ///   - options: tell layers and top-k of a flat array.
    ///   - tokens: rows at most, where the answer tells; exactly so many if one of the two is not told.
    func rows(
        _ options: ImportOptions, tokens: Int?, file: String, field: String
    ) throws(TraceError) -> NumberArray {
        if shape.count == 3, shape[1] > 0, shape[2] > 0 { return self }
        // No tokens, however that was written.
        guard !values.isEmpty else {
            return NumberArray(shape: [0, options.hiddenLayers ?? 1, options.topK ?? 1], values: [])
        }
        guard shape.count == 1 else {
            throw TraceError(file: file, item: field, reason: "has shape \(shape), not [tokens, layers, top-k]")
        }
        guard let (layers, topK) = rowShape(options, tokens: tokens), values.count.isMultiple(of: layers * topK) else {
            let rows = tokens.map { " of \($0) tokens" } ?? ""
            let isTold = options.hiddenLayers != nil || options.topK != nil
            let advice =
                isTold ? "hidden layers and top-k do not explain them" : "give --hidden-layers, --top-k or both"
            throw TraceError(
                file: file, item: field,
                reason: "\(values.count) ids\(rows) come without shape: \(advice)")
        }
        let rows = values.count / (layers * topK)
        if let tokens, rows > tokens {
            throw TraceError(
                file: file, item: field,
                reason: "\(rows) rows of \(layers) layers, top-\(topK), are more than the answer's \(tokens) tokens")
        }
        return NumberArray(shape: [rows, layers, topK], values: values)
    }

    /// Layers and top-k of a flat array; what of them is not told follows from the tokens, if that comes out even.
    private func rowShape(_ options: ImportOptions, tokens: Int?) -> (layers: Int, topK: Int)? {
        let sizes = 1...1 << 16
        if let layers = options.hiddenLayers, let topK = options.topK {
            return sizes.contains(layers) && sizes.contains(topK) ? (layers, topK) : nil
        }
        guard let known = options.hiddenLayers ?? options.topK, sizes.contains(known), let tokens, tokens > 0,
            tokens <= values.count, values.count.isMultiple(of: tokens * known)
        else { return nil }
        let other = values.count / (tokens * known)
        guard sizes.contains(other) else { return nil }
        return options.hiddenLayers == nil ? (other, known) : (known, other)
    }
}
