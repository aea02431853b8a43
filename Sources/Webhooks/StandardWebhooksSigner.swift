package import Billing

/// Signs the webhooks that we send.
///
/// The scheme is <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.
package struct StandardWebhooksSigner: Sendable {
    private let secrets: [StandardWebhooksSecret]

    /// - Parameter secrets: One, or several while one is being replaced: each signs.
    package init(secrets: [StandardWebhooksSecret]) {
        precondition(!secrets.isEmpty, "without a secret nothing is signed")
        self.secrets = secrets
    }

    /// The headers that make some bytes a message.
    ///
    /// - Parameters:
    ///   - body: As it is sent, byte for byte.
    ///   - id: Names the message, the same at every attempt; without a full stop.
    ///   - instant: When this attempt is made; receivers refuse what is minutes old.
    /// - Returns: Names and values.
    package func headers(
        for body: [UInt8],
        id: String,
        at instant: Instant
    ) -> [(name: String, value: String)] {
        let prefix = "\(id).\(instant.unixSeconds)."
        return [
            ("webhook-id", id), ("webhook-timestamp", String(instant.unixSeconds)),
            (
                "webhook-signature",
                secrets.map { $0.signature(prefix: prefix, over: body) }.joined(separator: " ")
            ),
        ]
    }
}
