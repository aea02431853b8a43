package import Billing

/// Request bytes whose signature has been checked.
///
/// Only ``SignatureVerifier`` can make one, so later code cannot receive unverified bytes.
package struct VerifiedPayload: Sendable {
    package let bytes: [UInt8]
    /// The time of this delivery attempt; Stripe signs each attempt anew.
    package let signedAt: Instant
    /// The index of the secret that signed it, which shows when an old secret is no longer used.
    package let secretIndex: Int

    fileprivate init(bytes: [UInt8], signedAt: Instant, secretIndex: Int) {
        self.bytes = bytes
        self.signedAt = signedAt
        self.secretIndex = secretIndex
    }

    /// Parses the event.
    ///
    /// An unreadable object inside it is no error here.
    ///
    /// - Throws: ``PayloadError`` when the payload is not a JSON object with an id and a type.
    package func event() throws(PayloadError) -> Event {
        guard !bytes.isEmpty else { throw PayloadError(reason: "The payload is empty.") }
        do {
            return try Event(parsing: bytes)
        } catch {
            let isText = String(validating: bytes, as: UTF8.self) != nil
            throw PayloadError(
                reason: isText
                    ? "The payload is not a JSON object with an id and a type."
                    : "The payload is not valid UTF-8."
            )
        }
    }
}

/// Why signed bytes are not an event.
///
/// It contains nothing of the payload.
package struct PayloadError: Error, Equatable {
    package let reason: String
}

/// Decides from a delivery's bytes whether Stripe sent it.
package struct SignatureVerifier: Sendable {
    private let secrets: [EndpointSecret]
    private let toleranceSeconds: Int64

    /// Creates a verifier that accepts any of the secrets; without a secret it refuses all deliveries.
    ///
    /// - Parameters:
    ///   - secrets: One for each endpoint and mode, and two for an endpoint whose secret is being rolled.
    ///   - toleranceSeconds: The largest difference between the time of signing and now, before or after.
    ///     Zero means the same second; no value turns the check off.
    package init(secrets: [EndpointSecret], toleranceSeconds: Int64 = 300) {
        self.secrets = secrets
        self.toleranceSeconds = toleranceSeconds
    }

    /// Checks one delivery.
    ///
    /// The body may be any bytes.
    ///
    /// - Parameters:
    ///   - body: The request body as received.
    ///   - header: The parsed value of `Stripe-Signature`.
    ///   - now: The time of receipt.
    /// - Throws: ``SignatureError``. The time is checked last, so a forgery is reported as one however old it
    ///   is.
    /// - Returns: The body, not copied, marked as verified.
    package func verify(
        _ body: [UInt8],
        _ header: SignatureHeader,
        now: Instant
    ) throws(SignatureError) -> VerifiedPayload {
        // Without a possible signature, do not hash the body.
        guard !header.candidates.isEmpty else { throw .noMatchingSignature }
        let signer = secrets.firstIndex { secret in
            let genuine = secret.signature(of: body, at: header.signedAt)
            return header.candidates.contains(genuine)
        }
        guard let signer else { throw .noMatchingSignature }

        let age = now.seconds(since: header.signedAt)
        guard age.magnitude <= toleranceSeconds else { throw .outsideTolerance(seconds: age) }
        return VerifiedPayload(bytes: body, signedAt: header.signedAt, secretIndex: signer)
    }
}
