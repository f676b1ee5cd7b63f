#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

#if canImport(Darwin)
    private typealias Handle = pthread_t?
#else
    private typealias Handle = pthread_t
#endif

/// A thread that its creator must join.
struct OwnedThread: @unchecked Sendable {
    // `@unchecked Sendable` holds because the handle is only ever read.
    private let handle: Handle

    /// Starts `body` on a new thread, or returns nil if the system gives no more threads.
    init?(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(ThreadBody(run: body))
        #if canImport(Darwin)
            var created: pthread_t?
            let status = pthread_create(&created, nil, { runThreadBody($0) }, box.toOpaque())
        #else
            var created = pthread_t()
            let status = pthread_create(&created, nil, { runThreadBody($0) }, box.toOpaque())
        #endif
        guard status == 0 else {
            box.release()
            return nil
        }
        handle = created
    }

    /// Waits for the end of the body.
    func join() {
        #if canImport(Darwin)
            guard let handle else { return }
        #endif
        pthread_join(handle, nil)
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Takes over the reference that `OwnedThread.init` retained for it.
private func runThreadBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run() }
    return nil
}
