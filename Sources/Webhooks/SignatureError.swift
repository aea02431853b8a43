/// Why a delivery's signature is refused; safe to log, because it contains nothing of the header or the
/// secret.
package enum SignatureError: Error, Equatable {
    case missingHeader
    case malformedHeader(SignatureHeader.Defect)
    case noMatchingSignature
    /// The signature is genuine, but the delivery is too old or, if negative, too far in the future.
    case outsideTolerance(seconds: Int64)

    /// The code used in responses, logs and metrics.
    package var code: String {
        switch self {
        case .missingHeader: "signature_missing"
        case .malformedHeader: "signature_malformed"
        case .noMatchingSignature: "signature_mismatch"
        case .outsideTolerance: "timestamp_outside_tolerance"
        }
    }
}

extension SignatureError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missingHeader:
            "the request has no Stripe-Signature header"
        case .malformedHeader(let defect):
            "the Stripe-Signature header cannot be read: \(defect)"
        case .noMatchingSignature:
            "no signature in the Stripe-Signature header was made for this payload with a secret we know"
        case .outsideTolerance(let seconds) where seconds < 0:
            "the payload was signed \(seconds.magnitude) s in the future"
        case .outsideTolerance(let seconds):
            "the payload was signed \(seconds) s ago"
        }
    }
}
