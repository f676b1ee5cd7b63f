import Activations
import ArgumentParser
import Foundation
import Placement

/// Options that say which requests of a trace are used.
struct RequestSelection: ParsableArguments {
    @Option(help: "File with the ids of the requests to use, one a line.") var only: String?
    @Option(help: "File with the ids of requests not to use: those that the plans were made from.") var exclude: String?

    /// Reads the trace's selected requests into memory, and says on standard error what was damaged.
    func load(_ path: String) throws -> ReplayTrace {
        let source = try openTrace(path: path)
        let only = try self.only.map(Self.ids)
        let excluded = try exclude.map(Self.ids) ?? []
        var requests: [RequestTrace] = []
        let damages = source.forEachRequest { request in
            guard only?.contains(request.id) ?? true, !excluded.contains(request.id) else { return }
            requests.append(request)
        }
        for damage in damages { Terminal.error("warning: \(damage)\n") }
        guard !requests.isEmpty else { throw PlacementError(source: path, reason: "has no request that is to be used") }
        return ReplayTrace(shape: source.shape, requests: requests)
    }

    private static func ids(_ path: String) throws -> Set<String> {
        Set(try smallTextFile(path).split(separator: "\n").map(String.init))
    }
}
