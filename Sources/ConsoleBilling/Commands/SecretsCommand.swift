import ArgumentParser
import Billing
import JSON

/// `console-billing secrets`: shows the running service's secrets by fingerprint, and when each was last
/// used.
struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets",
        abstract: "Show which secrets are active, and when each was last used.",
        discussion: """
            It shows fingerprints, never a secret: the first 8 digits of its SHA-256, as \
            `printf %s "$SECRET" | sha256sum | cut -c1-8` prints them. Uses are counted since the process started; of \
            several replicas each counts its own, and the metric console_billing_secret_uses_total has them all.

            EXAMPLES
              console-billing secrets
              console-billing secrets --format json | jq '.data[] | select(.uses == 0)'

            EXIT CODES
              0 done, 1 the last reload of secrets failed, and the former ones are active
            """
    )

    @OptionGroup var service: ServiceConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let bytes = try await service.connected {
            try await $0.get("/v1/secrets")
        }
        let secrets = try decoded(ServedSecrets.self, from: bytes)
        switch output.chosen {
        case .json: Terminal.line(String(decoding: bytes, as: UTF8.self))
        case .human:
            Terminal.line(secrets.table.text)
            let since = secrets.countedSince.localText
            Terminal.line("Counted since \(since), when this process started.", to: .error)
        }
        guard !secrets.problems.isEmpty else { return }
        throw CommandFailure(
            Sysexits.partlyFailed,
            ([
                "What was read at \(secrets.readAt.localText) was not loaded, and the former secrets are active:"
            ] + secrets.problems.map(printable)).joined(separator: "\n")
        )
    }
}

/// The secrets as the service answers them.
private struct ServedSecrets: JSONDecodable {
    var table = TextTable(
        columns: ["KIND", "NAME", "FINGERPRINT", "ACTIVE SINCE", "LAST USED", "USES", "SIGNED"]
    )
    let countedSince: Instant
    let readAt: Instant
    /// Why the last reload failed; empty if it did not.
    let problems: [String]

    init(_ json: JSONValue) throws(JSONFieldError) {
        countedSince = try json.decode("counted_since")
        let reading = try json.required("last_reading")
        readAt = try reading.decode("at")
        problems = try reading.decode("problems")
        for secret in try json.required("data").elements ?? [] {
            let since: Instant = try secret.decode("in_force_since")
            let used: Instant? = try secret.decodeIfPresent("last_used_at")
            let position: Int = try secret.decode("position")
            let uses: Int = try secret.decode("uses")
            table.rows.append(
                [
                    try secret.decode("kind"), secret.string("name") ?? "\(position)",
                    try secret.decode("fingerprint"), since.localText, used?.localText ?? "never", "\(uses)",
                    secret.integer("signatures").map(String.init) ?? "–",
                ].map(printable)
            )
        }
    }
}
