// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "placement-benchmark",
    dependencies: [.package(name: "guildhall", path: "../..")],
    targets: ["PlacementTable", "PlacementCurve"].map { name in
        .executableTarget(
            name: name,
            dependencies: [
                .product(name: "Activations", package: "guildhall"), .product(name: "Placement", package: "guildhall"),
                .product(name: "Randomness", package: "guildhall"),
            ],
            swiftSettings: [.treatAllWarnings(as: .error)])
    },
    swiftLanguageModes: [.v6]
)
