import Activations
import ArgumentParser
import Foundation
import Inference
import Logging
import Serving

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve a model over the OpenAI API, with a page that shows its experts.",
        discussion: "Prints one line with the address when ready. SIGTERM lets running answers finish.")

    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var threadOptions: ThreadOptions
    @OptionGroup var machineOptions: MachineOptions
    @OptionGroup var cacheOptions: CacheOptions
    @OptionGroup var cacheMemory: CacheMemoryOptions
    @Option(help: "Address to listen on.") var host: String = "127.0.0.1"
    @Option(name: [.short, .long], help: "Port to listen on; 0 takes a free one.") var port: Int = 8080
    @Option(help: "Tokens that prompt and answer may have together. Default: the model's.") var context: Int?
    @Option(help: "Requests that are answered at the same time.") var maxRunning: Int = 8
    @Option(help: "Requests that may wait while others are answered; more get 429.") var maxWaiting: Int = 64
    @Option(help: "Bytes a request's body may have; more get 413.") var maxBodyBytes: Int = 8 << 20
    @Option(help: "Seconds that running answers get to finish at shutdown.") var shutdownSeconds: Int = 30
    @Option(help: "Folder to record expert activations in.") var trace: String?
    @OptionGroup var recording: RecordingOptions
    @Option(help: "Log level: trace, debug, info, notice, warning, error, critical.") var logLevel = "info"

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be within 0…65535.") }
        guard context.map({ $0 > 1 }) ?? true else { throw ValidationError("--context must be at least 2.") }
        guard (1...256).contains(maxRunning) else { throw ValidationError("--max-running must be within 1…256.") }
        guard maxWaiting >= 0 else { throw ValidationError("--max-waiting must not be negative.") }
        guard maxBodyBytes > 0 else { throw ValidationError("--max-body-bytes must be positive.") }
        guard shutdownSeconds >= 0 else { throw ValidationError("--shutdown-seconds must not be negative.") }
        guard Logger.Level(rawValue: logLevel) != nil else { throw ValidationError("--log-level: unknown level.") }
    }

    func run() async throws {
        var logger = Logger(label: "guildhall") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        var options = EngineOptions()
        options.threads = threadOptions.threads
        options.contextLength = context
        options.maxRunning = maxRunning
        options.maxWaiting = maxWaiting
        try machineOptions.apply(to: &options)
        var recorder: TraceRecorder?
        let engine = try loadEngine(modelOptions, cache: cacheOptions, memory: cacheMemory, options: options) { model in
            if let hint = modelOptions.hint(for: model) { logger.notice("\(hint)") }
            recorder = try trace.map { folder in
                try recording.recorder(folder: folder, model: model, source: "guildhall serve") { [logger] error in
                    logger.error("trace: writing failed, nothing more is recorded: \(error)")
                }
            }
            return recorder
        }
        var configuration = ServerConfiguration()
        configuration.host = host
        configuration.port = port
        configuration.maxBodyBytes = maxBodyBytes
        configuration.shutdownSeconds = shutdownSeconds
        configuration.version = Guildhall.version
        let server = GuildhallServer(
            service: engine, configuration: configuration, logger: logger
        ) { address in
            Terminal.out("guildhall listening on http://\(address.host):\(address.port)\n")
        }
        try await server.runUntilSignalled()
        guard let recorder else { return }
        engine.shutDown()
        // Apart from the message, which is not made where its level is not logged.
        let summary = recorder.close()
        logger.log(level: summary.failure == nil ? .notice : .error, "trace: \(summary.text)")
    }
}
