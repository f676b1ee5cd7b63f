import Checkpoints

/// Typed access to `config.json`; every error names the file and the field. A field that is null counts as absent.
///
/// It remembers which fields were asked for, so that `refuseUnread()` can name those that nothing understood.
struct ConfigFields {
    let file: String
    private let config: ConfigValue
    /// Where this object is in the file: empty, or for example `rope_scaling.`.
    private let prefix: String
    private let asked: AskedFields

    init(_ folder: HuggingFaceFolder) {
        self.init(file: folder.configPath, config: folder.config, prefix: "", asked: AskedFields())
    }

    /// The fields of `generation_config.json`; nil where the folder has none.
    init?(generationOf folder: HuggingFaceFolder) throws {
        guard let data = try folder.generationConfig else { return nil }
        let file = "\(folder.path)/generation_config.json"
        self.init(
            file: file, config: try ConfigValue.parse(bytes: [UInt8](data), file: file), prefix: "",
            asked: AskedFields())
    }

    private init(file: String, config: ConfigValue, prefix: String, asked: AskedFields) {
        self.file = file
        self.config = config
        self.prefix = prefix
        self.asked = asked
    }

    /// Fields of this object that nothing asked for and whose values say something.
    var unread: [String] {
        (config.objectValue ?? [:]).filter { !$0.value.saysNothing && !asked.contains(prefix + $0.key) }
            .map { prefix + $0.key }.sorted()
    }

    /// Counts `fields` as understood.
    func pass(_ fields: String...) { for field in fields { asked.insert(prefix + field) } }

    func contains(_ field: String) -> Bool { value(field) != nil }

    /// The first of `fields` that is there: releases of transformers renamed some.
    func int(_ fields: String...) throws(ConfigurationError) -> Int {
        for field in fields {
            if let value = try optionalInt(field) { return value }
        }
        throw error(fields.joined(separator: " or "), "missing")
    }

    func optionalInt(_ field: String) throws(ConfigurationError) -> Int? {
        guard let value = try typed(field, "a whole number", \.intValue) else { return nil }
        // So that no sum and no product of two overflows before it is checked.
        guard Int32(exactly: value) != nil else { throw error(field, "\(value) is no number that a model can have") }
        return value
    }

    func float(_ field: String) throws(ConfigurationError) -> Double {
        guard let value = try optionalFloat(field) else { throw error(field, "missing") }
        return value
    }

    func optionalFloat(_ field: String) throws(ConfigurationError) -> Double? {
        try typed(field, "a number", \.floatValue)
    }

    func string(_ field: String) throws(ConfigurationError) -> String {
        guard let value = try optionalString(field) else { throw error(field, "missing") }
        return value
    }

    func optionalString(_ field: String) throws(ConfigurationError) -> String? {
        try typed(field, "a string", \.stringValue)
    }

    func optionalBool(_ field: String) throws(ConfigurationError) -> Bool? {
        try typed(field, "true or false", \.boolValue)
    }

    func optionalInts(_ field: String) throws(ConfigurationError) -> [Int]? {
        try typed(field, "a list of whole numbers") { value in
            guard let elements = value.arrayValue else { return nil }
            let numbers = elements.compactMap { $0.intValue.flatMap { Int32(exactly: $0) }.map(Int.init) }
            return numbers.count == elements.count ? numbers : nil
        }
    }

    func optionalFloats(_ field: String) throws(ConfigurationError) -> [Double]? {
        try typed(field, "a list of numbers") { value in
            guard let elements = value.arrayValue else { return nil }
            let numbers = elements.compactMap(\.floatValue)
            return numbers.count == elements.count ? numbers : nil
        }
    }

    func optionalStrings(_ field: String) throws(ConfigurationError) -> [String]? {
        try typed(field, "a list of strings") { value in
            guard let elements = value.arrayValue else { return nil }
            let strings = elements.compactMap(\.stringValue)
            return strings.count == elements.count ? strings : nil
        }
    }

    func optionalObject(_ field: String) throws(ConfigurationError) -> ConfigFields? {
        let object = try typed(field, "an object") { $0.objectValue == nil ? nil : $0 }
        return object.map { ConfigFields(file: file, config: $0, prefix: prefix + field + ".", asked: asked) }
    }

    func error(_ field: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(file: file, key: prefix + field, reason: reason)
    }

    private func value(_ field: String) -> ConfigValue? {
        asked.insert(prefix + field)
        return config[field].flatMap { $0.isNull ? nil : $0 }
    }

    private func typed<T>(_ field: String, _ wanted: String, _ convert: (ConfigValue) -> T?)
        throws(ConfigurationError) -> T?
    {
        guard let value = value(field) else { return nil }
        guard let converted = convert(value) else { throw error(field, "should be \(wanted)") }
        return converted
    }
}

/// The fields that were asked for. One thread reads a configuration.
final class AskedFields {
    private var names: Set<String> = []

    func insert(_ name: String) { names.insert(name) }

    func contains(_ name: String) -> Bool { names.contains(name) }
}

extension ConfigValue {
    /// Null, false, zero and empty values leave things as they are without the field.
    fileprivate var saysNothing: Bool {
        isNull || boolValue == false || floatValue == 0 || stringValue?.isEmpty == true
            || arrayValue?.isEmpty == true || objectValue?.isEmpty == true
    }
}

extension ConfigFields {
    /// Whether this object is a part of the configuration.
    var isPart: Bool { !prefix.isEmpty }

    /// The language model's fields: `text_config` of checkpoints that also see (Llama-4).
    func textModel() throws -> ConfigFields {
        guard try optionalString("model_type") == "llama4", let text = try optionalObject("text_config") else {
            return self
        }
        return text
    }
}
