import Billing
import Cryptography
import HTTPClient
package import Webhooks

/// A receiver behind this service that gets Stripe's events too, such as Console's own handler.
package struct ForwardTarget: Sendable {
    /// The job that passes events on to it: its host, and a fingerprint of its URL, which may be secret.
    package let jobID: String
    /// The beginning of the ids of all receivers on its host.
    let hostPrefix: String
    private let address: String
    private let signer: PayloadSigner

    /// Limits on the receiver's response time and size.
    static let limits = TransportLimits(
        connectTimeout: .seconds(5),
        totalTimeout: .seconds(30),
        maxHeaderBytes: 16 << 10
    )

    /// - Parameters:
    ///   - address: The URL of the receiver.
    ///   - host: The host of the URL.
    ///   - secret: The secret with which the receiver verifies.
    package init(address: String, host: String, secret: EndpointSecret) {
        self.address = address
        signer = PayloadSigner(secret: secret)
        hostPrefix = "forward:\(host):"
        jobID = hostPrefix + "\(SHA256Digest(of: Array(address.utf8)).hex.prefix(8))"
    }

    /// The request that Stripe itself would make, signed anew.
    ///
    /// The header fields are those of Stripe's deliveries: <https://github.com/stripe/stripe-cli/issues/909>.
    func request(_ body: [UInt8], now: Instant) -> TransportRequest {
        var request = TransportRequest(
            .post(body),
            url: address,
            headers: [
                TransportHeader("Content-Type", "application/json; charset=utf-8"),
                TransportHeader("Cache-Control", "no-cache"),
                TransportHeader("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
                TransportHeader("Accept", "*/*; q=0.5, application/xml"),
                TransportHeader("Stripe-Signature", signer.header(for: body, at: now)),
            ],
            limits: Self.limits
        )
        // Only the status counts, however much the receiver says.
        request.sink = { _ in true }
        return request
    }
}
