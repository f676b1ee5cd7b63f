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
        let start = try fields.optionalSize("start")
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
        guard let data = Data(base64Encoded: text) else {
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
    ///   - tokens: rows, if one of the two is not told.
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
        let told = tokens.map { max(1, $0) }
        var (layers, topK) = (options.hiddenLayers, options.topK)
        if let told, let known = layers ?? topK, known > 0, layers == nil || topK == nil {
            let other = values.count / told / known
            (layers, topK) = (layers ?? other, topK ?? other)
        }
        guard let layers, let topK, layers > 0, topK > 0, layers <= 1 << 16, topK <= 1 << 16,
            values.count.isMultiple(of: layers * topK)
        else {
            throw TraceError(
                file: file, item: field,
                reason: "\(values.count) ids come without shape, and hidden layers and top-k do not explain them")
        }
        return NumberArray(shape: [values.count / (layers * topK), layers, topK], values: values)
    }
}
