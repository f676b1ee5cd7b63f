// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

/// One Swift target. The order of the calls below is the order of the layers: a target imports only earlier ones.
func layer(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// The tests of one target.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, resources: resources,
        swiftSettings: strict)
}

let libraries = [
    "Randomness", "Tensors", "Checkpoints", "Tokenization", "ChatTemplates", "Activations", "Placement", "Routing",
    "Experts", "Models", "Quantization", "Inference", "Telemetry", "Serving", "BuiltInModel", "Reports",
]

let package = Package(
    name: "guildhall",
    products: [.executable(name: "guildhall", targets: ["guildhall"])]
        + libraries.map { .library(name: $0, targets: [$0]) },
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        layer("Randomness"),
        .target(name: "CKernels", cSettings: strictC),
        layer("Tensors", ["CKernels"]),
        layer("Telemetry"),
        layer("Checkpoints", ["Tensors"]),
        layer("Tokenization", ["Checkpoints"]),
        layer("ChatTemplates"),
        layer("Routing"),
        layer("Activations", ["Randomness", "Routing", "Tensors", "Checkpoints"]),
        layer(
            "Reports", ["Activations"],
            resources: [
                .embedInCode("Resources/report.html"), .embedInCode("Resources/report.css"),
                .embedInCode("Resources/dom.js"), .embedInCode("Resources/plot.js"), .embedInCode("Resources/heat.js"),
                .embedInCode("Resources/sections.js"),
            ]),
        layer("Placement", ["Activations", "Randomness", .product(name: "Yams", package: "Yams")]),
        layer("Experts", ["Tensors", "Routing"]),
        layer("Models", ["Tensors", "Checkpoints", "Routing", "Experts", "Activations"]),
        layer("Quantization", ["Tensors", "Checkpoints", "Models"]),
        layer(
            "Inference",
            ["Randomness", "Models", "Tokenization", "ChatTemplates", "Activations", "Tensors", "Checkpoints"]),
        layer(
            "Serving",
            [
                "Inference", "Activations", "Telemetry",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], resources: [.embedInCode("Resources/page.html")]),
        layer("BuiltInModel", resources: [.copy("Resources/apprentice-q8_0.gguf")]),
        .executableTarget(
            name: "guildhall",
            dependencies: [
                "Serving", "Inference", "BuiltInModel", "Models", "Quantization", "Tokenization", "Checkpoints",
                "Tensors", "Activations", "Placement", "Reports",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        tests("Tensors", ["Randomness"]),
        tests("Checkpoints", ["Randomness", "Tensors"]),
        tests("Tokenization", ["Randomness", "Checkpoints"]),
        tests("ChatTemplates", ["Randomness"]),
        tests("Telemetry"),
        tests("Routing", ["Randomness"]),
        tests("Experts", ["Randomness", "Routing", "Tensors"]),
        tests("Models", ["Activations", "Checkpoints", "Quantization", "Randomness", "Routing", "Tensors"]),
        tests("Quantization", ["Randomness", "Checkpoints", "Models", "Tensors"]),
        tests("Activations", ["Randomness", "Routing", "Tensors", "Checkpoints"]),
        tests("Reports", ["Activations", "Randomness", "Tensors"]),
        tests("Placement", ["Activations", "Randomness"]),
        tests("Inference", ["BuiltInModel", "Models", "Randomness", "Tensors", "Tokenization"]),
        tests(
            "Serving",
            [
                "Randomness", "Inference", "Activations", "Telemetry",
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
