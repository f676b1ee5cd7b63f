import Checkpoints
import Tensors
import Testing

/// The error `body` throws; records an issue and returns nil if it throws none or one of another type.
@discardableResult func checkpointError<Result>(
    _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    from body: () throws -> Result
) -> CheckpointError? {
    #expect(throws: CheckpointError.self, "\(comment)", sourceLocation: sourceLocation) { _ = try body() }
}

/// Expects `body` to throw an error whose text holds all of `parts`.
func expectError<Result>(
    _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation, from body: () throws -> Result
) {
    guard let error = checkpointError(sourceLocation: sourceLocation, from: body) else { return }
    for part in parts {
        #expect(error.description.contains(part), "\(error)", sourceLocation: sourceLocation)
    }
}

/// Parses a GGUF file in memory, in front of a guard page.
func gguf(_ file: GGUFBytes, limits: CheckpointLimits = .default) throws -> GGUFFile {
    try gguf(file.file, limits: limits)
}

func gguf(_ bytes: [UInt8], limits: CheckpointLimits = .default) throws -> GGUFFile {
    try GGUFFile(bytes: GuardedBytes(capacity: bytes.count).region(bytes), name: "file.gguf", limits: limits)
}

func safetensors(_ bytes: [UInt8], limits: CheckpointLimits = .default) throws -> SafetensorsFile {
    try SafetensorsFile(
        bytes: GuardedBytes(capacity: bytes.count).region(bytes), name: "file.safetensors", limits: limits)
}
