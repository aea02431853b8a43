import ArgumentParser
import Billing
import JSON
import Storage
import Web

/// `console-billing events reproject`.
struct EventsReprojectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproject",
        abstract: "Derive the feed again from the log.",
        discussion: """
            Without an id, from every event, while the service goes on serving. A feed that was right does not change: \
            rows that did are a fault, or a change of rules since. To read quarantined events again, use retry.

            EXAMPLES
              console-billing events reproject
              console-billing events reproject evt_3RBmzrHT5vkQXp9L
            """
    )

    @Argument(help: "Ids of events, evt_…; without one, all events.", transform: given)
    var ids: [String] = []

    @OptionGroup var service: ServiceConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let paths =
            ids.isEmpty
            ? ["/v1/events/reproject"] : ids.map { "/v1/events/\(PercentEncoding.encoded($0))/reproject" }
        try await service.connected { server in
            for path in paths {
                let bytes = try await server.post(path, patience: .seconds(3600))
                guard output.chosen == .human else {
                    Terminal.line(String(decoding: bytes, as: UTF8.self))
                    continue
                }
                let result = try decoded(Reprojection.self, from: bytes)
                Terminal.line(
                    "\(result.events) events read, \(result.transactions) rows derived, \(result.changed) of them changed."
                )
            }
        }
    }
}

/// The changes to the feed; of a single event also its entry, which may still be quarantined.
struct Reprojection: JSONDecodable {
    let events: Int
    let transactions: Int
    let changed: Int
    let event: EventEntry?

    init(_ json: JSONValue) throws(JSONFieldError) {
        events = try json.decode("events")
        transactions = try json.decode("transactions")
        changed = try json.decode("changed")
        event = (try json.decodeIfPresent("event") as EventResponse?)?.entry
    }
}
