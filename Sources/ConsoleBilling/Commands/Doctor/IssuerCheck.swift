import HTTPClient
import Web

/// Checks that the issuer of Console's tokens serves usable keys.
struct IssuerCheck: Sendable {
    let settings: TokenSettings
    let transport: any HTTPTransport

    func results() async -> [CheckResult] {
        let source = IssuerKeys(transport: transport, address: settings.keysAddress)
        do throws(SigningKeysUnavailable) {
            guard let keys = SigningKeySet(try await source.document()) else {
                return [
                    .bad(
                        "tokens",
                        "AUTH0_JWKS_URI answers, but not with a key set that has a key for RS256: is it the address "
                            + "of /.well-known/jwks.json?"
                    )
                ]
            }
            return [.good("tokens", "The issuer of bearer tokens answers; keys for RS256: \(keys.count).")]
        } catch {
            return [
                .bad(
                    "tokens",
                    "\(error). Bearer tokens are refused until they can be: look at AUTH0_JWKS_URI and the network."
                )
            ]
        }
    }
}
