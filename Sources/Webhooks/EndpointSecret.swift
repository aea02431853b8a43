import Billing
package import Cryptography

/// The signing secret Stripe issued for one webhook endpoint (`whsec_…`).
///
/// Stripe uses this text itself as the HMAC key, prefix included; it is not base64 to be decoded. Only
/// libcrypto keeps it, so it cannot be printed.
package struct EndpointSecret: Sendable {
    private let key: HMACKey

    /// Takes the text exactly as Stripe shows it.
    ///
    /// - Throws: ``Refusal`` for text that would verify forgeries or could never verify anything.
    package init(_ text: String) throws(Refusal) {
        let scalars = text.unicodeScalars
        guard let first = scalars.first(where: { !Self.isBlank($0) }) else { throw .blank }
        guard scalars.first == first, let last = scalars.last, !Self.isBlank(last) else {
            throw .surroundedByWhiteSpace
        }
        key = HMACKey(Array(text.utf8))
    }

    /// The SHA-256 of the text, which identifies the secret without showing it.
    package var digest: SHA256Digest { key.digest }

    /// Why a text cannot be a secret; safe to log, because it never contains the text.
    package enum Refusal: Error, Equatable, CustomStringConvertible {
        /// An empty secret would let an attacker sign.
        case blank
        /// White space from pasting, or from a file's last line: every delivery would be refused.
        case surroundedByWhiteSpace

        package var description: String {
            switch self {
            case .blank: "the endpoint secret is empty"
            case .surroundedByWhiteSpace: "the endpoint secret has white space before or after it"
            }
        }
    }

    /// The `v1` signature of a payload, over `"<unix seconds>."` followed by the bytes as sent.
    ///
    /// See <https://docs.stripe.com/webhooks#verify-manually>.
    func signature(of payload: [UInt8], at instant: Instant) -> AuthenticationCode {
        key.code(prefix: "\(instant.unixSeconds).", over: payload)
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        // Some editors begin a file with a byte order mark, which is invisible like a space.
        scalar.properties.isWhitespace || scalar == "\u{FEFF}"
    }
}

extension EndpointSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "whsec_…" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
