// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "kernel-benchmark",
    dependencies: [.package(name: "guildhall", path: "../..")],
    targets: [
        .executableTarget(
            name: "KernelBenchmark",
            dependencies: [
                .product(name: "Tensors", package: "guildhall"), .product(name: "Randomness", package: "guildhall"),
            ],
            swiftSettings: [.treatAllWarnings(as: .error)]),
        .executableTarget(
            name: "DecodeSteps",
            dependencies: ["Tensors", "Models", "Inference"].map { .product(name: $0, package: "guildhall") },
            swiftSettings: [.treatAllWarnings(as: .error)]),
    ],
    swiftLanguageModes: [.v6]
)
