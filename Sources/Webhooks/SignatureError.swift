/// Why a delivery is not believed; safe to log, for it holds nothing of the header or the secret.
package enum SignatureError: Error, Equatable {
    case missingHeader
    case malformedHeader(SignatureHeader.Defect)
    case noMatchingSignature
    /// The signature is genuine and the delivery too old, or, when negative, too far in the future.
    case outsideTolerance(seconds: Int64)

    /// The one name that answers, logs and metrics use.
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
