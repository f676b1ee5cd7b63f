import Checkpoints

/// Typed access to `config.json`; every error names the file and the field. A field that is null counts as absent.
struct ConfigFields {
    let file: String
    private let config: ConfigValue

    init(_ folder: HuggingFaceFolder) {
        file = folder.configPath
        config = folder.config
    }

    /// The fields of `generation_config.json`; nil where the folder has none.
    init?(generationOf folder: HuggingFaceFolder) throws {
        guard let data = try folder.generationConfig else { return nil }
        file = "\(folder.path)/generation_config.json"
        config = try ConfigValue.parse(bytes: [UInt8](data), file: file)
    }

    private init(file: String, config: ConfigValue) {
        self.file = file
        self.config = config
    }

    func contains(_ field: String) -> Bool { value(field) != nil }

    /// The first of `fields` that is there: releases of transformers renamed some.
    func int(_ fields: String...) throws(ConfigurationError) -> Int {
        for field in fields {
            if let value = try optionalInt(field) { return value }
        }
        throw error(fields.joined(separator: " or "), "missing")
    }

    func optionalInt(_ field: String) throws(ConfigurationError) -> Int? {
        try typed(field, "a whole number", \.intValue)
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
            let numbers = elements.compactMap(\.intValue)
            return numbers.count == elements.count ? numbers : nil
        }
    }

    func optionalObject(_ field: String) throws(ConfigurationError) -> ConfigFields? {
        let object = try typed(field, "an object") { $0.objectValue == nil ? nil : $0 }
        return object.map { ConfigFields(file: file, config: $0) }
    }

    func error(_ field: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(file: file, key: field, reason: reason)
    }

    private func value(_ field: String) -> ConfigValue? { config[field].flatMap { $0.isNull ? nil : $0 } }

    private func typed<T>(_ field: String, _ wanted: String, _ convert: (ConfigValue) -> T?)
        throws(ConfigurationError) -> T?
    {
        guard let value = value(field) else { return nil }
        guard let converted = convert(value) else { throw error(field, "should be \(wanted)") }
        return converted
    }
}
