package import Billing

/// Signs payloads as Stripe does, for replays and tests.
package struct PayloadSigner: Sendable {
    private let secret: EndpointSecret

    package init(secret: EndpointSecret) {
        self.secret = secret
    }

    /// The `Stripe-Signature` header for a delivery of these bytes at `instant`.
    package func header(for payload: [UInt8], at instant: Instant) -> String {
        "t=\(instant.unixSeconds),v1=\(secret.signature(of: payload, at: instant).hex)"
    }
}
