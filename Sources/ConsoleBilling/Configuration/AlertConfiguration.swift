import HTTPClient
import Upkeep
import Web
import Webhooks

/// Whom operators want told, as configured (`ALERT_WEBHOOK_…`).
struct AlertConfiguration: Sendable {
    /// May hold a secret of the receiver's: it is in no log.
    let address: String
    let secrets: [StandardWebhooksSecret]
    /// Seconds without a webhook after which Stripe is asked what it has; 0 for never.
    let silenceAfterSeconds: Int64

    /// What may be shown of the address: its scheme, host and port.
    var shownAddress: String { WebOrigin(of: address)?.description ?? "" }

    func sender(_ transport: any HTTPTransport) -> AlertSender {
        AlertSender(
            transport: transport,
            address: address,
            signer: StandardWebhooksSigner(secrets: secrets)
        )
    }
}
