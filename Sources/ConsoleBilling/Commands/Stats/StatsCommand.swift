import ArgumentParser
import Billing

/// `console-billing stats`: shows the running service's state on one screen.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show on one screen how the running service is doing.",
        discussion: """
            Events by outcome and source of the last hour, of the last day and of all time; how fast deliveries are \
            acknowledged; the objects to be fetched; the last backfill and reconciliation; usage; disk. A line that \
            begins with ! needs attention, and says which command helps. What is counted in the log needs a key of scope ops; \
            the rest comes from /metrics, which needs one of scope metrics:read, or none on the service's own machine \
            where METRICS_OPEN is true. Acknowledgements and disk are those of the replica that answers.

            EXAMPLES
              console-billing stats
              console-billing stats --format json | jq .events.hour.by_outcome
              watch -n 5 console-billing stats --format human

            EXIT CODES
              0 shown, 1 a part is unavailable, 69 no service answers
            """
    )

    @OptionGroup var service: ServiceConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let stats = try await service.connected(needsKey: false) {
            try await ServiceStats(asking: $0)
        }
        switch output.chosen {
        case .human:
            let palette = Palette(for: .output)
            for line in stats.lines(now: .now) {
                Terminal.line(
                    line.isRemarkable ? palette.paint("! " + line.text, .yellow) : "  " + line.text
                )
            }
        case .json: Terminal.line(stats.json)
        }
        for lack in stats.lacking { Terminal.line(lack, to: .error) }
        if !stats.lacking.isEmpty { throw Sysexits.partlyFailed }
    }
}

extension ServiceStats {
    /// Fetches each part; a failed part is listed in `lacking`.
    ///
    /// - Throws: ``CommandFailure`` if the service does not answer.
    init(asking server: ServerConnection) async throws {
        let isReady = try await Self.isReady(server)
        let summary = await Self.answer(of: "/v1/events/summary", "The log", server)
        let metrics = await Self.answer(of: "/metrics", "What /metrics says", server)
        self.init(
            server: server.base.description,
            isReady: isReady,
            events: try summary.bytes.map { try decoded(EventSummary.self, from: $0) },
            metrics: metrics.bytes.map { MetricSamples(String(decoding: $0, as: UTF8.self)) },
            lacking: [summary.lack, metrics.lack].compactMap(\.self)
        )
    }

    private static func isReady(_ server: ServerConnection) async throws(CommandFailure) -> Bool {
        do {
            _ = try await server.get("/readyz")
            return true
        } catch {
            guard error.code == Sysexits.tryAgain else { throw error }
            return false
        }
    }

    private static func answer(
        of path: String,
        _ name: String,
        _ server: ServerConnection
    ) async -> (bytes: [UInt8]?, lack: String?) {
        do {
            return (try await server.get(path), nil)
        } catch {
            return (nil, "\(name) cannot be shown. \(error.message)")
        }
    }
}
