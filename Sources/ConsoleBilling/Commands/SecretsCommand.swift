import ArgumentParser
import Billing
import Web

/// `console-billing secrets`: shows the running service's secrets by fingerprint, and when each was last
/// used.
struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets",
        abstract: "Show which secrets are in force, and when each was last used.",
        discussion: """
            It shows fingerprints, never a secret: the first 8 digits of its SHA-256, as \
            `printf %s "$SECRET" | sha256sum | cut -c1-8` prints them. Uses are counted since the process started; of \
            several replicas each counts its own, and the metric console_billing_secret_uses_total has them all.

            EXAMPLES
              console-billing secrets
              console-billing secrets --format json | jq '.data[] | select(.uses == 0)'

            EXIT CODES
              0 done, 1 the secrets that were read last cannot be right, and the former ones are in force
            """
    )

    @OptionGroup var connection: ConnectionOptions
    @Option(help: "Where serve --dev left its secrets.")
    var credentials = DevelopmentCredentials.defaultPath
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await reportingFailures {
            let bytes = try await connection.connected(credentials: credentials) {
                try await $0.get("/v1/secrets")
            }
            let listing = try decoded(SecretListing.self, from: bytes)
            switch output.chosen {
            case .json: Terminal.line(String(decoding: bytes, as: UTF8.self))
            case .human:
                Terminal.line(listing.table.text)
                let since = listing.counted_since.localText
                Terminal.line("Counted since \(since), when this process started.", to: .error)
            }
            guard !listing.last_reading.successful else { return }
            let moment = listing.last_reading.at.localText
            throw CommandFailure(
                Sysexits.partlyFailed,
                (["What was read at \(moment) was not taken, and the former secrets are in force:"]
                    + listing.last_reading.problems.map(printable)).joined(separator: "\n")
            )
        }
    }
}

extension SecretListing {
    /// The table for people.
    var table: TextTable {
        TextTable(
            columns: ["KIND", "NAME", "FINGERPRINT", "IN FORCE SINCE", "LAST USED", "USES", "SIGNED"],
            rows: data.map { secret in
                [
                    secret.kind, secret.name ?? "\(secret.position)", secret.fingerprint,
                    secret.in_force_since.localText, secret.last_used_at?.localText ?? "never",
                    "\(secret.uses)", secret.signatures.map(String.init) ?? "–",
                ].map(printable)
            }
        )
    }
}
