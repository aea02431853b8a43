import HTTPClient
import Web

/// Fetches the public keys of Console's tokens (`AUTH0_JWKS_URI`).
struct IssuerKeys {
    let transport: any HTTPTransport
    let address: String

    // A request waits for the answer, and a key set is a few kilobytes.
    private static let limits = TransportLimits(
        connectTimeout: .seconds(2),
        totalTimeout: .seconds(4),
        maxBodyBytes: 64 << 10,
        maxHeaderBytes: 16 << 10
    )

    @Sendable
    func document() async throws(SigningKeysUnavailable) -> [UInt8] {
        let accept = TransportHeader("Accept", "application/json")
        let request = TransportRequest(.get, url: address, headers: [accept], limits: Self.limits)
        let answer: TransportResponse
        do {
            answer = try await transport.send(request)
        } catch {
            throw SigningKeysUnavailable(reason: "\(error)")
        }
        guard answer.status == 200 else {
            throw SigningKeysUnavailable(reason: "answered with status \(answer.status)")
        }
        return answer.body
    }
}
