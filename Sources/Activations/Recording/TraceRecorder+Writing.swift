import Dispatch
import Synchronization

extension TraceRecorder {
    /// What the writer's thread does until the recorder is closed and the queue empty.
    func writeUntilClosed() {
        var isOpen = true
        var flushed = ContinuousClock.now
        while isOpen {
            let left = options.flushSeconds - (ContinuousClock.now - flushed).inSeconds
            _ = wakeUp.wait(timeout: .now() + max(0, left))
            let batch = queue.withLock { $0.take() }
            isOpen = batch.isOpen
            write(batch.traces, dropped: batch.dropped)
            queue.withLock { $0.written(bytes: batch.bytes) }
            guard !isOpen || (ContinuousClock.now - flushed).inSeconds >= options.flushSeconds else { continue }
            attempt(losing: 0) { [isOpen] writer throws(TraceError) in
                // At the end also for the number of dropped requests alone.
                if writer.hasUnwritten || !isOpen { try writer.flush() }
            }
            flushed = .now
        }
        if failure.withLock({ $0 != nil }) { saveWhatIsLeft() }
    }

    /// After a failure: the disk may have room again, if only for the number of requests that were dropped.
    private func saveWhatIsLeft() {
        writer.withLock { writer in
            do throws(TraceError) { try writer.flush() } catch {
                // What could not be written is dropped now, and counted.
                try? writer.flush()
            }
        }
    }

    private func write(_ traces: [RequestTrace], dropped: Int) {
        writer.withLock { $0.countDropped(dropped) }
        for trace in traces {
            attempt(losing: 1) { writer throws(TraceError) in
                if try !writer.append(trace) { isFull.store(true, ordering: .relaxed) }
            }
        }
    }

    /// Runs `body`, unless writing failed before.
    ///
    /// - Parameter requests: lost, and so counted, if `body` fails or is not run.
    private func attempt(losing requests: Int, _ body: (inout TraceWriter) throws(TraceError) -> Void) {
        writer.withLock { writer in
            guard failure.withLock({ $0 == nil }) else { return writer.countDropped(requests) }
            do throws(TraceError) { try body(&writer) } catch {
                writer.countDropped(requests)
                failure.withLock { $0 = error }
                options.onFailure?(error)
                isFull.store(true, ordering: .relaxed)
            }
        }
    }
}
