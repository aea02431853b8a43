import Billing
import Cryptography

/// A secret that signs links and sessions, with a usage counter.
struct LinkSecret: Sendable {
    let key: HMACKey
    let use: SecretUse
}

extension [LinkSecret] {
    /// Signs with the first secret; there is always one.
    func sign(_ message: [UInt8]) -> AuthenticationCode {
        self[0].use.sign()
        return self[0].key.code(over: message)
    }

    /// The secret that made a signature; `nil` if none did.
    func signer(of message: [UInt8], presented: AuthenticationCode) -> LinkSecret? {
        first { $0.key.code(over: message) == presented }
    }
}
