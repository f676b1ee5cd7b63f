import ArgumentParser
import BuiltInModel
import Foundation
import Inference
import Models
import Tensors

/// Where the model is.
struct ModelOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: "GGUF file or Hugging Face folder (config.json, *.safetensors). Default: the built-in model.")
    var model: String?
    @OptionGroup var fields: FieldOptions
    @Option(
        help: """
            How inputs of products are read: float32 (exact) or int8 (faster; those of quantised weights rounded in \
            blocks of 32, for MXFP4 of 128, for K-quants of 256; those of BF16 weights to bfloat16).
            """)
    var activations: ActivationPrecision = .float32
    @OptionGroup var packedCache: PackedCacheOptions

    /// The path to load.
    func path() throws -> String {
        // A forced instruction set that the machine lacks is reported before any work is done.
        _ = try Kernels.selection.get()
        if let model { return (model as NSString).expandingTildeInPath }
        guard let path = BuiltInModel.path() else {
            throw CommandError("the built-in model (\(BuiltInModel.fileName)) was not found; give --model PATH")
        }
        return path
    }

    /// What who serves a model of their own should know: that exactness, the default, has a price.
    func hint(for loaded: LoadedModel) -> String? {
        guard model != nil, activations == .float32, loaded.model.canRoundActivations else { return nil }
        return "activations are float32, which is exact; --activations int8 rounds them and is faster"
    }
}

extension ActivationPrecision: ExpressibleByArgument {
    public init?(argument: String) {
        switch argument {
        case "float32": self = .float32
        case "int8": self = .int8
        default: return nil
        }
    }

    public static var allValueStrings: [String] { ["float32", "int8"] }
    public var defaultValueDescription: String { self == .int8 ? "int8" : "float32" }
}

/// Where weights that are laid out for rounded inputs are kept.
struct PackedCacheOptions: ParsableArguments {
    static let environmentVariable = "GUILDHALL_PACKED_CACHE"

    @Option(
        help: """
            Folder where the weights that --activations int8 lays out are kept, as many bytes as the model has, so that \
            the next start maps them and is ready at once. Default: what \(Self.environmentVariable) says, or none.
            """)
    var packedCache: String?
    @Flag(help: "Compare all bytes of the packed cache with their checksums before it is used.")
    var verifyPackedCache = false

    var cache: PackedCache? {
        let folder = packedCache ?? ProcessInfo.processInfo.environment[Self.environmentVariable] ?? ""
        guard !folder.isEmpty else { return nil }
        var cache = PackedCache(folder: (folder as NSString).expandingTildeInPath)
        cache.verifies = verifyPackedCache
        cache.notice = {
            Terminal.endProgress()
            Terminal.error("\($0)\n")
        }
        return cache
    }
}

/// How keys and values are kept.
struct CacheOptions: ParsableArguments {
    @Option(
        name: .customLong("kv-cache-type"),
        help: """
            How the KV cache keeps numbers: f32 (exact), f16 (half the memory) or q8 (eight bits, a quarter). Default: \
            f32, with --activations int8 f16.
            """)
    var type: KVCacheType?

    func type(for activations: ActivationPrecision) -> KVCacheType { type ?? (activations == .int8 ? .f16 : .f32) }
}

extension KVCacheType: ExpressibleByArgument {}

/// How much memory keys and values may take.
struct CacheMemoryOptions: ParsableArguments {
    @Option(
        name: .customLong("kv-memory"),
        help: """
            Memory for all KV caches together: bytes, or with K, M or G. The context is no longer than what it holds; \
            requests that do not fit wait. Default: a quarter of the machine's.
            """)
    var bytes: ByteCount?
}

/// A number of bytes, with a unit or without: `65536`, `500MB`, `1.5GiB`; K, M, G and T alone are powers of 1,024.
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        let number = argument.prefix { $0.isNumber || $0 == "." }
        guard let factor = Self.units[argument.dropFirst(number.count).lowercased()], let value = Double(number),
            value * factor >= 1, value * factor < 0x1p62
        else { return nil }
        bytes = Int(value * factor)
    }

    private static let units: [String: Double] = [
        "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "k": 0x1p10, "m": 0x1p20, "g": 0x1p30, "t": 0x1p40,
        "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30, "tib": 0x1p40,
    ]
}

/// What the user vouches for.
struct FieldOptions: ParsableArguments {
    @Option(
        name: .customLong("allow-config-field"), parsing: .singleValue,
        help: "A field of the model's configuration that is not known here and does not matter. May be repeated.")
    var names: [String] = []

    var allowed: Set<String> { Set(names) }
}

/// The compute pool's size.
struct ThreadOptions: ParsableArguments {
    @Option(
        name: [.short, .long], help: "Threads that compute. Default: one for each processor that this process may use.")
    var threads: Int = ComputePool.availableProcessors

    func validate() throws {
        guard (1...1024).contains(threads) else { throw ValidationError("--threads must be within 1…1024") }
    }
}

/// An error whose text is meant for the user as it is.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
