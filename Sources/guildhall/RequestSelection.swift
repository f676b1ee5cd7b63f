import Activations
import ArgumentParser
import Foundation
import Placement
import Reports

/// Options that say which requests of a trace are used.
struct RequestSelection: ParsableArguments {
    @Option(help: "File with the ids of the requests to use, one a line.") var only: String?
    @Option(help: "File with the ids of requests not to use: those that the plans were made from.") var exclude: String?

    @Option(help: "Use at most this many requests, the first ones.") var atMost = 20_000

    /// Expert ids that are kept in memory: 1 GiB.
    private static let idLimit = 1 << 29

    func validate() throws {
        guard atMost > 0 else { throw ValidationError("--at-most must be above 0.") }
    }

    /// Reads the trace's selected requests into memory, and says on standard error what was damaged.
    func load(_ path: String) throws -> ReplayTrace {
        let source = try openTrace(path: path)
        var only = try self.only.map(Self.names)
        var excluded = try exclude.map(Self.names) ?? RequestNames([])
        var requests: [RequestTrace] = []
        var ids = 0
        var passedOver = 0
        let damages = source.forEachRequest { request in
            // Both are asked, so that each takes note.
            let (isChosen, isExcluded) = (only?.take(request.id) ?? true, excluded.take(request.id))
            guard isChosen, !isExcluded else { return }
            guard requests.count < atMost, ids + request.experts.count <= Self.idLimit else {
                passedOver += 1
                return
            }
            ids += request.experts.count
            requests.append(request)
        }
        if passedOver > 0 { Terminal.error("note: \(requests.count) requests are used, \(passedOver) more are not\n") }
        for damage in damages { Terminal.error("warning: \(damage)\n") }
        Self.warn([only?.warning(option: "--only"), excluded.warning(option: "--exclude")])
        guard !requests.isEmpty else { throw PlacementError(source: path, reason: "has no request that is to be used") }
        return ReplayTrace(shape: source.shape, requests: requests)
    }

    static func names(_ path: String) throws -> RequestNames {
        RequestNames(try smallTextFile(path, isName: false).split(whereSeparator: \.isNewline).map(String.init))
    }

    static func warn(_ warnings: [String?]) {
        for case let warning? in warnings { Terminal.error("warning: \(ReportText.printable(warning))\n") }
    }
}
