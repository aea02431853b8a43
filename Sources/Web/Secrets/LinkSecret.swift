import Billing
import Webhooks

/// A secret that signs links and sessions, and counts what it is of use for.
struct LinkSecret: Sendable {
    let key: HMACKey
    let use: SecretUse
}

extension [LinkSecret] {
    /// Signs with the first, of which there is always one.
    func sign(_ message: [UInt8]) -> AuthenticationCode {
        self[0].use.sign()
        return self[0].key.code(over: message)
    }

    /// The one that signed it.
    func signer(of message: [UInt8], presented: AuthenticationCode) -> LinkSecret? {
        first { $0.key.code(over: message) == presented }
    }
}
