import Billing
import HTTPClient
import BackgroundJobs
import Web
import Webhooks

/// The receiver of alerts (`ALERT_WEBHOOK_…`).
struct AlertConfiguration: Sendable {
    /// May contain a secret of the receiver, so it is never logged.
    let address: String
    let secrets: [StandardWebhooksSecret]
    /// Seconds without a webhook before Stripe is asked for its events; 0 for never.
    let silenceAfterSeconds: Int64
    /// The dollars by which a balance may differ from what Console and the chain state; zero for any.
    let balanceDrift: ExactAmount

    /// The address's scheme, host and port, which are not secret.
    var shownAddress: String { WebOrigin(of: address)?.description ?? "" }

    func sender(_ transport: any HTTPTransport) -> AlertSender {
        AlertSender(
            transport: transport,
            address: address,
            signer: StandardWebhooksSigner(secrets: secrets)
        )
    }
}
