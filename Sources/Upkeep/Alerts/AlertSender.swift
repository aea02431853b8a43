package import Billing
package import HTTPClient
package import Storage
package import Webhooks

/// Posts alerts to the receiver, signed; it tries once.
package struct AlertSender: Sendable {
    private let transport: any HTTPTransport
    private let address: String
    private let signer: StandardWebhooksSigner

    /// How long a receiver may take, and how much it may say.
    private static let limits = TransportLimits(
        connectTimeout: .seconds(5),
        totalTimeout: .seconds(15),
        maxBodyBytes: 64 << 10,
        maxHeaderBytes: 16 << 10
    )

    /// - Parameters:
    ///   - transport: What carries the requests; follows no redirect.
    ///   - address: Where to, https but on this machine.
    ///   - signer: Signs each attempt.
    package init(transport: any HTTPTransport, address: String, signer: StandardWebhooksSigner) {
        self.transport = transport
        self.address = address
        self.signer = signer
    }

    /// - Returns: The receiver's answer, whatever its status.
    /// - Throws: ``TransportError`` when there was none.
    package func send(_ alert: Alert, now: Instant) async throws(TransportError) -> TransportResponse {
        let body = Array(alert.body.utf8)
        let signature = signer.headers(for: body, id: alert.id, at: now).map(TransportHeader.init)
        return try await transport.send(
            TransportRequest(
                .post(body),
                url: address,
                headers: [TransportHeader("Content-Type", "application/json")] + signature,
                limits: Self.limits
            )
        )
    }
}
