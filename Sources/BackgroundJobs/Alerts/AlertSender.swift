package import Billing
package import HTTPClient
package import Storage
package import Webhooks

/// Signs an alert and posts it to the receiver, once; the caller retries.
package struct AlertSender: Sendable {
    private let transport: any HTTPTransport
    private let address: String
    private let signer: StandardWebhooksSigner

    /// Limits on the receiver's response time and size.
    private static let limits = TransportLimits(
        connectTimeout: .seconds(5),
        totalTimeout: .seconds(15),
        maxBodyBytes: 64 << 10,
        maxHeaderBytes: 16 << 10
    )

    /// - Parameters:
    ///   - transport: Sends the requests; it must not follow redirects.
    ///   - address: The receiver's URL; https unless the host is this machine.
    ///   - signer: Signs each attempt.
    package init(transport: any HTTPTransport, address: String, signer: StandardWebhooksSigner) {
        self.transport = transport
        self.address = address
        self.signer = signer
    }

    /// - Returns: The receiver's response, with any status.
    /// - Throws: ``TransportError`` when there is no response.
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
