package import Billing

/// Signs the webhooks that we send.
///
/// The scheme is <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.
package struct StandardWebhooksSigner: Sendable {
    private let secrets: [StandardWebhooksSecret]

    /// - Parameter secrets: One, or several while one is being replaced. Each adds a signature.
    package init(secrets: [StandardWebhooksSecret]) {
        precondition(!secrets.isEmpty, "without a secret nothing is signed")
        self.secrets = secrets
    }

    /// The headers that sign a message.
    ///
    /// - Parameters:
    ///   - body: The body exactly as sent.
    ///   - id: The id of the message, the same at every attempt; it must not contain a full stop.
    ///   - instant: The time of this attempt; receivers refuse messages that are minutes old.
    /// - Returns: The names and values of the headers.
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
