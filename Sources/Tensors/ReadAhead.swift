import Synchronization

/// A thread that brings the windows of mapped files into memory some way ahead of the workers that read them, and lets
/// those go that they are done with.
///
/// The way is short, so that the memory of this process stays bounded.
final class ReadAhead: Sendable {
    private let windows: [PackingPieces.Window]
    /// Windows that are in memory, or were.
    private let loaded = SpinGate()
    /// Pieces of work that are done.
    private let finished = SpinGate()
    private let thread: OwnedThread?

    /// Windows that are in memory before they are needed.
    private static let depth = 4

    init(_ windows: [PackingPieces.Window]) {
        self.windows = windows
        let reader = WindowReader(windows: windows, depth: Self.depth, loaded: loaded, finished: finished)
        thread = windows.isEmpty ? nil : OwnedThread { reader.run() }
        // Without a thread the workers read what they touch.
        if thread == nil { loaded.add(windows.count) }
    }

    /// Returns when the window is in memory.
    func wait(window: Int) { loaded.wait(past: window) }

    /// Says that a piece of work is done.
    func finish() { finished.add(1) }

    /// Waits for the end of the thread, which comes when all pieces are done.
    func join() { thread?.join() }
}

/// What the thread does.
private struct WindowReader: Sendable {
    let windows: [PackingPieces.Window]
    let depth: Int
    let loaded: SpinGate
    let finished: SpinGate

    func run() {
        var wasResident: [Bool] = []
        for (index, window) in windows.enumerated() {
            if index >= depth { release(index - depth, wasResident[index - depth]) }
            let isFile = window.region.backing == .file
            wasResident.append(isFile && window.region.residentShare > 0.9)
            if isFile { window.region.load() }
            loaded.add(1)
        }
        for index in windows.indices.suffix(depth) { release(index, wasResident[index]) }
    }

    /// Waits until nobody reads the window any more. The system keeps pages that it had before, for the next who wants
    /// them; others would only push out what it has for others.
    private func release(_ index: Int, _ wasResident: Bool) {
        finished.wait(past: windows[index].endPiece - 1)
        let region = windows[index].region
        guard region.backing == .file else { return }
        if wasResident { region.adviseUnmapped() } else { region.adviseUnneeded() }
    }
}
