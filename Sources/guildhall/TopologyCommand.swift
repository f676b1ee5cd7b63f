import ArgumentParser
import Foundation
import Placement

struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract: "Print the description of a machine, check one, or show how good the cost model is.",
        discussion: """
            Without a name it lists the built-in topologies and models. A printed topology is YAML: save it, change it, \
            and hand the file to place or simulate. docs/topology.md explains the keys.
            """)

    @Argument(help: "A built-in topology or model, or a topology file to check.") var name: String?
    @Flag(help: "Print DeepEP's published times of dispatch and combine, and what the cost model says to them.")
    var validation = false

    func validate() throws {
        guard name == nil || !validation else { throw ValidationError("--validation takes no name.") }
    }

    func run() throws {
        if validation {
            Terminal.out(try Self.validationTable())
        } else if let name {
            try Terminal.out(Self.description(name))
        } else {
            Terminal.out(
                "topologies: \(MachineCatalog.names.joined(separator: ", "))\n"
                    + "models: \(ModelCatalog.models.map(\.name).joined(separator: ", "))\n")
        }
    }

    private static func description(_ name: String) throws -> String {
        if let yaml = MachineCatalog.yaml(name) { return yaml }
        if let model = ModelCatalog.model(named: name) { return model.yaml }
        let topology = try topologyFile(name)
        return "\(name): \(topology.nodes) nodes of \(topology.devicesPerNode) × \(topology.device.name)\n"
    }

    private static func validationTable() throws -> String {
        var lines = [
            "| kernels | devices | call | published us | model us | error | |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        for row in try DeepEPBenchmark.rows() {
            let (published, predicted) = (Int((row.published * 1e6).rounded()), Int((row.predicted * 1e6).rounded()))
            let error = String(format: "%+.1f", row.error * 100)
            lines.append(
                "| \(row.kernel.rawValue) | \(row.devices) | \(row.combine ? "combine" : "dispatch") | \(published) "
                    + "| \(predicted) | \(error) % | \(row.fitted ? "fitted" : "held out") |")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Reads a topology file.
func topologyFile(_ path: String) throws -> Topology {
    try Topology(yaml: try smallTextFile(path), file: path)
}

/// A text file that cannot be big.
///
/// - Parameter isName: whether the path could have been the name of something built in, for the error.
func smallTextFile(_ path: String, isName: Bool = true) throws -> String {
    let limit = 1 << 20
    guard let handle = FileHandle(forReadingAtPath: (path as NSString).expandingTildeInPath) else {
        throw PlacementError(
            source: path, reason: "cannot be opened" + (isName ? ", and no built-in has this name" : ""))
    }
    let data = try handle.read(upToCount: limit + 1) ?? Data()
    guard data.count <= limit, let text = String(bytes: data, encoding: .utf8) else {
        throw PlacementError(source: path, reason: "is not a text of at most \(limit >> 10) KiB")
    }
    return text
}
