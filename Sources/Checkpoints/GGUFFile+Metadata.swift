/// Typed metadata. `x(key)` throws if the key is missing, `xIfPresent(key)` gives nil; both throw, naming file and key
/// and saying what was found, if the value is of another kind. Integers convert between widths where they fit.
extension GGUFFile {
    public func string(_ key: String) throws(CheckpointError) -> String {
        try required(key, try stringIfPresent(key))
    }

    public func stringIfPresent(_ key: String) throws(CheckpointError) -> String? {
        try keys.find(key, "a string", \.stringValue)
    }

    public func int(_ key: String) throws(CheckpointError) -> Int {
        try required(key, try intIfPresent(key))
    }

    public func intIfPresent(_ key: String) throws(CheckpointError) -> Int? {
        try keys.intIfPresent(key)
    }

    public func uint(_ key: String) throws(CheckpointError) -> UInt64 {
        try required(key, try uintIfPresent(key))
    }

    public func uintIfPresent(_ key: String) throws(CheckpointError) -> UInt64? {
        try keys.find(key, "an integer that is not negative", \.uintValue)
    }

    /// Integers are accepted and converted.
    public func float(_ key: String) throws(CheckpointError) -> Double {
        try required(key, try floatIfPresent(key))
    }

    /// Integers are accepted and converted.
    public func floatIfPresent(_ key: String) throws(CheckpointError) -> Double? {
        try keys.find(key, "a number", \.floatValue)
    }

    public func bool(_ key: String) throws(CheckpointError) -> Bool {
        try required(key, try boolIfPresent(key))
    }

    public func boolIfPresent(_ key: String) throws(CheckpointError) -> Bool? {
        try keys.find(key, "a bool", \.boolValue)
    }

    /// Decodes the array anew on each call.
    public func strings(_ key: String) throws(CheckpointError) -> [String] {
        try required(key, try stringsIfPresent(key))
    }

    public func stringsIfPresent(_ key: String) throws(CheckpointError) -> [String]? {
        try keys.find(key, "an array of strings") { $0.arrayValue?.strings }
    }

    public func ints(_ key: String) throws(CheckpointError) -> [Int] {
        try required(key, try intsIfPresent(key))
    }

    public func intsIfPresent(_ key: String) throws(CheckpointError) -> [Int]? {
        try keys.find(key, "an array of integers") { $0.arrayValue?.ints?.map(Int.init) }
    }

    public func uints(_ key: String) throws(CheckpointError) -> [UInt64] {
        try required(key, try uintsIfPresent(key))
    }

    public func uintsIfPresent(_ key: String) throws(CheckpointError) -> [UInt64]? {
        try keys.find(key, "an array of integers that are not negative") { $0.arrayValue?.uints }
    }

    public func floats(_ key: String) throws(CheckpointError) -> [Double] {
        try required(key, try floatsIfPresent(key))
    }

    public func floatsIfPresent(_ key: String) throws(CheckpointError) -> [Double]? {
        try keys.find(key, "an array of floats") { $0.arrayValue?.floats }
    }

    public func bools(_ key: String) throws(CheckpointError) -> [Bool] {
        try required(key, try boolsIfPresent(key))
    }

    public func boolsIfPresent(_ key: String) throws(CheckpointError) -> [Bool]? {
        try keys.find(key, "an array of bools") { $0.arrayValue?.bools }
    }

    private var keys: MetadataKeys { MetadataKeys(file: path, values: metadata) }

    private func required<T>(_ key: String, _ value: T?) throws(CheckpointError) -> T {
        guard let value else { throw CheckpointError(file: path, item: key, reason: "metadata key is missing") }
        return value
    }
}
