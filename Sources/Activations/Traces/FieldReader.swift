import Checkpoints

/// Reads the fields of one JSON object of a trace, with errors that name file and field.
struct FieldReader {
    let file: String
    /// What errors call the object, where a file has several.
    let object: String?
    private let members: [String: ConfigValue]

    /// A value that is no object has no fields.
    init(_ value: ConfigValue, file: String, object: String? = nil) {
        self.file = file
        self.object = object
        members = value.objectValue ?? [:]
    }

    /// The value of a field; nil if it is absent or null.
    subscript(name: String) -> ConfigValue? {
        guard let value = members[name], !value.isNull else { return nil }
        return value
    }

    func error(_ field: String, _ reason: String) -> TraceError {
        TraceError(file: file, item: object.map { "\($0).\(field)" } ?? field, reason: reason)
    }

    func text(_ field: String) throws(TraceError) -> String {
        guard let text = try optionalText(field) else { throw error(field, "is missing") }
        return text
    }

    func optionalText(_ field: String) throws(TraceError) -> String? {
        guard let value = self[field] else { return nil }
        guard let text = value.stringValue, text.utf8.count <= Self.textBytes else {
            throw error(field, "is not a text of at most \(Self.textBytes) bytes")
        }
        return text
    }

    func size(_ field: String) throws(TraceError) -> Int {
        guard let size = try optionalSize(field) else { throw error(field, "is missing") }
        return size
    }

    func optionalSize(_ field: String) throws(TraceError) -> Int? {
        guard let value = self[field] else { return nil }
        guard let size = value.intValue, (0...Self.largestSize).contains(size) else {
            throw error(field, "is not a whole number from 0 to \(Self.largestSize)")
        }
        return size
    }

    /// A position in a request's text.
    func optionalPosition(_ field: String) throws(TraceError) -> Int? {
        guard let position = try optionalSize(field) else { return nil }
        guard position <= TraceLimits.positions else {
            throw error(field, "\(position) is beyond any text: the limit is \(TraceLimits.positions)")
        }
        return position
    }

    func optionalNumber(_ field: String) throws(TraceError) -> Double? {
        guard let value = self[field] else { return nil }
        guard let number = value.floatValue, number.isFinite else { throw error(field, "is not a number") }
        return number
    }

    /// The shape that three fields of these names describe.
    func shape(blocks: String, experts: String, topK: String, limits: TraceLimits) throws(TraceError) -> TraceShape {
        guard let listed = self[blocks]?.arrayValue, listed.count <= limits.layers else {
            throw error(blocks, "is not a list of at most \(limits.layers) blocks")
        }
        let numbers = listed.compactMap(\.intValue)
        guard numbers.count == listed.count else { throw error(blocks, "holds something other than numbers") }
        let shape = TraceShape(blocks: numbers, expertCount: try size(experts), topK: try size(topK))
        if let problem = shape.problem(limits) { throw error(blocks, problem) }
        return shape
    }

    private static let textBytes = 4096
    /// Far above any trace, and far enough from the largest integer that sums of sizes do not overflow.
    private static let largestSize = 1 << 48
}
