/// Typed look-up of metadata keys. Numbers convert between widths and signedness where the value fits; everything
/// else is an error that names file and key and says what was found.
struct MetadataKeys {
    let file: String
    let values: [String: MetadataValue]

    /// The converted value, or nil if the key is absent. Throws if it is present and `convert` refuses it.
    func find<T>(
        _ key: String, _ wanted: StaticString, _ convert: (MetadataValue) -> T?
    ) throws(CheckpointError) -> T? {
        guard let value = values[key] else { return nil }
        guard let result = convert(value) else {
            throw CheckpointError(file: file, item: key, reason: "must be \(wanted), is \(value.kind)")
        }
        return result
    }

    func intIfPresent(_ key: String) throws(CheckpointError) -> Int? {
        try find(key, "an integer", \.intValue)
    }
}

extension MetadataValue {
    /// An integer of either signedness that fits.
    public var intValue: Int? {
        switch self {
        case .uint(let value): Int(exactly: value)
        case .int(let value): Int(exactly: value)
        default: nil
        }
    }

    /// An integer of either signedness that is not negative.
    public var uintValue: UInt64? {
        switch self {
        case .uint(let value): value
        case .int(let value): UInt64(exactly: value)
        default: nil
        }
    }

    /// A float, or an integer converted to one.
    public var floatValue: Double? {
        switch self {
        case .float(let value): value
        case .uint(let value): Double(value)
        case .int(let value): Double(value)
        default: nil
        }
    }

    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var arrayValue: MetadataArray? {
        if case .array(let value) = self { value } else { nil }
    }
}
