import ArgumentParser
import Storage
import Web

/// `console-billing events resend`.
struct EventsResendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resend",
        abstract: "Sign stored bodies anew and post them.",
        discussion: """
            The service has the events already, so a healthy service answers duplicate. An event that Stripe sent in \
            several API versions is sent in each.

            EXAMPLES
              console-billing events resend evt_3RBmzrHT5vkQXp9L
              console-billing events resend evt_3RBmzrHT5vkQXp9L --api-version 2025-09-30.clover
              console-billing events resend evt_3RBmzrHT5vkQXp9L --to http://127.0.0.1:8080
            """
    )

    @Argument(help: "Ids of events, evt_….", transform: given)
    var ids: [String]

    @OptionGroup var rendering: RenderingOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var delivery: DeliveryOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let events = try await connection.connected(credentials: delivery.credentials) { server in
            var events: [EventBody] = []
            for id in ids {
                for bytes in try await server.renderings(of: id, in: rendering.apiVersion) {
                    events.append(try Self.body(of: decoded(EventResponse.self, from: bytes)))
                }
            }
            return events
        }
        let report = try await delivery.send(SendPlan(events), format: output.chosen)
        if report.exitCode != .success { throw report.exitCode }
    }

    /// - Throws: ``CommandFailure`` if the body was deleted.
    static func body(of record: EventResponse) throws(CommandFailure) -> EventBody {
        guard let payload = record.payload else {
            let fate = record.entry.removal.map { "The body of \(record.entry.id) was \($0.account)." }
            let advice =
                record.entry.removal?.archive == nil
                ? "There is nothing to send." : "console-billing replay sends what is in that file."
            throw CommandFailure(
                Sysexits.unavailable,
                "\(fate ?? "The service has no body of \(record.entry.id).") \(advice)"
            )
        }
        return EventBody(
            id: record.entry.id,
            type: record.entry.type,
            livemode: record.entry.livemode,
            bytes: Array(payload.utf8)
        )
    }
}
