import Activations
import Foundation
import Placement

/// What a plan is made from: the requests of a trace, or counts where there is nothing else.
struct PlacementSource {
    private enum Content {
        case requests(any TraceSource)
        case counts(ExpertCounts)
    }

    private let content: Content
    private let path: String
    private let excluded: RequestNames

    init(trace: String, exclude: String?) throws {
        path = (trace as NSString).expandingTildeInPath
        if let file = ExpertCounts.file(at: path) {
            guard exclude == nil else {
                throw CommandError("\(file): has counts, no requests that --exclude could name")
            }
            content = .counts(try ExpertCounts(path: file))
        } else {
            content = .requests(try openTrace(path: path))
        }
        excluded = try exclude.map(RequestSelection.names) ?? RequestNames([])
    }

    /// The counts, where there is nothing else.
    var counts: ExpertCounts? { if case .counts(let counts) = content { counts } else { nil } }

    /// Counts kept take no more memory than this; of more requests, every second, third… is used.
    private static let mostBytes = 1 << 30

    func training() throws -> TrainingSet {
        let training: TrainingSet
        switch content {
        case .counts(let counts): training = TrainingSet(counts)
        case .requests(let source): training = self.training(source)
        }
        guard !training.requests.isEmpty else { throw CommandError("\(path): \(nothing)") }
        return training
    }

    private var nothing: String {
        if counts != nil { return "nothing was counted" }
        return excluded.isEmpty ? "has no request with tokens" : "--exclude leaves no request with tokens"
    }

    private func training(_ source: any TraceSource) -> TrainingSet {
        let each = max(1, source.shape.layerCount * source.shape.expertCount * 4)
        let stride = max(1, (source.requestCount * each + Self.mostBytes - 1) / Self.mostBytes)
        var training = TrainingSet(shape: source.shape)
        var number = 0
        forEach(warns: true) { request in
            if number.isMultiple(of: stride) { training.add(request) }
            number += 1
        }
        return training
    }

    /// - Parameter warns: whether to say what could not be read; it is the same each time.
    func forEach(warns: Bool = false, _ body: (RequestTrace) -> Void) {
        guard case .requests(let source) = content else { return }
        var excluded = excluded
        let damages = source.forEachRequest { if !excluded.take($0.id) { body($0) } }
        guard warns else { return }
        for damage in damages { Terminal.error("warning: \(damage)\n") }
        RequestSelection.warn([excluded.warning(option: "--exclude")])
    }
}

extension ExpertCounts {
    /// The counts file that `path` is or, as a folder, holds.
    static func file(at path: String) -> String? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
        let inner = path + "/" + fileName
        return !isFolder.boolValue ? path : FileManager.default.fileExists(atPath: inner) ? inner : nil
    }
}
