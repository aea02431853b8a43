import Billing

/// The required claims of Console's tokens.
package struct TokenRules: Sendable, Equatable {
    /// The tolerated difference between our clock and the issuer's, in seconds.
    static let leewaySeconds: Int64 = 30

    package let issuer: String
    package let audience: String
    /// The claim with the user's customer at Stripe (`cus_…`, or a list of them); without one, the user's
    /// customers are those linked to the token's `sub`.
    package let customerClaim: String?

    package init(issuer: String, audience: String, customerClaim: String? = nil) {
        self.issuer = issuer
        self.audience = audience
        self.customerClaim = customerClaim
    }

    /// Checks the claims of a token whose signature was verified.
    ///
    /// - Returns: The user id in `sub`.
    func check(_ claims: TokenClaims, now: Instant) throws(TokenFault) -> String {
        guard claims.issuer == issuer else { throw .issuer }
        guard claims.audiences.contains(audience) else { throw .audience }
        guard let end = claims.expiresAt, now < end.adding(seconds: Self.leewaySeconds) else {
            throw .expired
        }
        if let begin = claims.notBefore, now < begin.adding(seconds: Self.leewaySeconds.negatedClamped) {
            throw .notYetValid
        }
        guard let subject = claims.subject, 1...255 ~= subject.utf8.count else { throw .subject }
        return subject
    }
}

/// Why a token is refused.
enum TokenFault: Error, Equatable, CaseIterable {
    case malformed, algorithm, unknownKey, signature, issuer, audience, expired, notYetValid, subject

    var error: APIError {
        switch self {
        case .malformed: .unauthorized("token_malformed", "This is not a token that can be read.")
        case .algorithm: .unauthorized("token_algorithm", "Only tokens signed with RS256 are accepted.")
        case .unknownKey: .unauthorized("token_key_unknown", "The issuer has no such key (kid) for tokens.")
        case .signature: .unauthorized("token_signature", "The token's signature is not its key's.")
        case .issuer:
            .unauthorized("token_issuer", "This token is not from the issuer that is trusted here (iss).")
        case .audience: .unauthorized("token_audience", "This token was not made for this service (aud).")
        case .expired: .unauthorized("token_expired", "This token has expired. Sign in again, or renew it.")
        case .notYetValid: .unauthorized("token_not_yet_valid", "This token is not valid yet (nbf).")
        case .subject: .unauthorized("token_subject", "This token does not name its user (sub).")
        }
    }
}
