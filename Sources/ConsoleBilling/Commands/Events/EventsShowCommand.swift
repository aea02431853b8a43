import ArgumentParser
import Billing
import Storage
import Web

/// `console-billing events show`.
struct EventsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one event and its body.",
        discussion: """
            With --format json the member `payload` is the body that Stripe sent, byte for byte. With --format human \
            control characters are replaced, so that a body cannot control the terminal. An event that Stripe sent in \
            several API versions is shown in each, the newest first, with --format json one object a line.

            EXAMPLES
              console-billing events show evt_3RBmzrHT5vkQXp9L
              console-billing events show evt_3RBmzrHT5vkQXp9L --format json | jq -j .payload > event.json
              console-billing events show evt_3RBmzrHT5vkQXp9L --api-version 2025-09-30.clover
            """
    )

    @Argument(help: "The event's id, evt_….", transform: given)
    var id: String

    @OptionGroup var rendering: RenderingOptions
    @OptionGroup var service: ServiceConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let told = try await service.connected {
            try await $0.renderings(of: id, in: rendering.apiVersion)
        }
        for (place, bytes) in told.enumerated() {
            guard output.chosen == .human else {
                Terminal.line(String(decoding: bytes, as: UTF8.self))
                continue
            }
            if place > 0 { Terminal.line("") }
            show(try decoded(EventResponse.self, from: bytes))
        }
    }

    private func show(_ record: EventResponse) {
        let entry = record.entry
        let facts = [
            ("id", entry.id), ("type", entry.type),
            ("created", entry.created.map(\.localText) ?? "–"), ("received", entry.receivedAt.localText),
            ("mode", entry.livemode ? "live" : "test"), ("account", entry.account ?? "–"),
            ("API version", entry.apiVersion ?? "–"), ("source", entry.source.rawValue),
            ("outcome", record.outcomeText), ("object", entry.objectID ?? "–"),
            ("size", "\(entry.size) bytes"),
        ]
        for (name, value) in facts {
            Terminal.line(name + String(repeating: " ", count: 13 - name.count) + printable(value))
        }
        if let removal = entry.removal {
            return Terminal.line("body         " + printable(removal.account))
        }
        // Made printable line by line, so that line breaks stay and other control characters do not reach the
        // terminal.
        let lines = (record.payload ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        Terminal.line("\n" + lines.map { printable(String($0)) }.joined(separator: "\n"))
    }
}

/// Chooses one body of an event that Stripe sent in several API versions.
struct RenderingOptions: ParsableArguments {
    @Option(help: "Only the body of this API version; none for the one that names none.")
    var apiVersion: String?
}

extension ServerConnection {
    /// Fetches an event in each API version, newest first, or in the chosen one only.
    ///
    /// - Throws: ``CommandFailure``; for an unknown event it says where to look.
    func renderings(of id: String, in version: String?) async throws -> [[UInt8]] {
        let first = try await event(id, in: version)
        guard version == nil else { return [first] }
        let others = try decoded(EventResponse.self, from: first).versions?.dropFirst() ?? []
        var told = [first]
        for other in others { told.append(try await event(id, in: other ?? "none")) }
        return told
    }

    private func event(_ id: String, in version: String?) async throws(CommandFailure) -> [UInt8] {
        let query = version.map { "?api_version=\(PercentEncoding.encoded($0))" } ?? ""
        do {
            return try await get("/v1/events/\(PercentEncoding.encoded(id))\(query)")
        } catch {
            guard error.code == Sysexits.badData else { throw error }
            if let version {
                throw CommandFailure(
                    error.code,
                    "There is no event \(printable(id)) of API version \(printable(version)) in the log of \(base). "
                        + "`console-billing events show \(printable(id))` has every version that Stripe sent."
                )
            }
            throw CommandFailure(
                error.code,
                "There is no event \(printable(id)) in the log of \(base). `console-billing events list` shows those "
                    + "there are; `console-billing backfill --since 30d` fetches missing events."
            )
        }
    }
}
