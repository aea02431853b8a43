import HTTPClient
import StripeAPI

/// Runs `body` with a transport, and shuts it down whatever happens.
func withTransport(
    _ configuration: CurlTransport.Configuration = CurlTransport.Configuration(),
    _ body: (CurlTransport) async throws -> Void
) async throws {
    let transport = try CurlTransport(configuration)
    do {
        try await body(transport)
        await transport.shutdown()
    } catch {
        await transport.shutdown()
        throw error
    }
}

extension TransportLimits {
    /// For requests that must time out: short, because the test waits this long.
    static let hasty = TransportLimits(connectTimeout: .milliseconds(60), totalTimeout: .milliseconds(120))
}
