package import Billing

/// Request bytes whose signature has been checked.
///
/// Only ``SignatureVerifier`` can make one, so nothing downstream can be handed bytes nobody verified.
package struct VerifiedPayload: Sendable {
    package let bytes: [UInt8]
    /// When Stripe made this attempt at delivery; each further attempt is signed anew.
    package let signedAt: Instant
    /// Which of the verifier's secrets signed it, so that one sees when an old secret has fallen silent.
    package let secretIndex: Int

    fileprivate init(bytes: [UInt8], signedAt: Instant, secretIndex: Int) {
        self.bytes = bytes
        self.signedAt = signedAt
        self.secretIndex = secretIndex
    }
}

/// Decides whether a delivery comes from Stripe, from its bytes alone.
package struct SignatureVerifier: Sendable {
    private let secrets: [EndpointSecret]
    private let toleranceSeconds: Int64

    /// Creates a verifier that believes any of the secrets; without a secret it believes nobody.
    ///
    /// - Parameters:
    ///   - secrets: One for each endpoint and mode, and two of an endpoint whose secret is being rolled.
    ///   - toleranceSeconds: How far the time of signing may lie from now, before or after. Zero means this
    ///     very second; no value turns the check off.
    package init(secrets: [EndpointSecret], toleranceSeconds: Int64 = 300) {
        self.secrets = secrets
        self.toleranceSeconds = toleranceSeconds
    }

    /// Checks one delivery, as bytes: they need be neither JSON nor text.
    ///
    /// - Parameters:
    ///   - body: The request body as it arrived.
    ///   - header: The value of `Stripe-Signature`, its lines joined with commas if there were several.
    ///   - now: The time of receipt.
    /// - Throws: ``SignatureError``; the time is looked at last, so a forgery is called one however old it is.
    /// - Returns: The body, not copied, as proof that it was checked.
    package func verify(
        _ body: [UInt8],
        header: String?,
        now: Instant
    ) throws(SignatureError) -> VerifiedPayload {
        guard let header else { throw .missingHeader }
        let claim = try SignatureHeader(parsing: header)
        // A header that can match nothing is not worth a hash of the body.
        guard !claim.candidates.isEmpty else { throw .noMatchingSignature }

        let signer = secrets.firstIndex { secret in
            let genuine = secret.signature(of: body, at: claim.signedAt)
            return claim.candidates.contains(genuine)
        }
        guard let signer else { throw .noMatchingSignature }

        let age = now.seconds(since: claim.signedAt)
        guard age.magnitude <= toleranceSeconds else { throw .outsideTolerance(seconds: age) }
        return VerifiedPayload(bytes: body, signedAt: claim.signedAt, secretIndex: signer)
    }
}
