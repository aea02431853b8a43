import Billing
import Logging
import Storage

/// The issuer whose bearer tokens are accepted, and the source of its keys.
package struct TokenIssuer: Sendable {
    package let rules: TokenRules
    package let keys: FetchSigningKeys

    package init(rules: TokenRules, keys: @escaping FetchSigningKeys) {
        self.rules = rules
        self.keys = keys
    }
}

/// Verifies Console's bearer tokens.
struct TokenAuthority: Sendable {
    let rules: TokenRules
    let keys: SigningKeys
    let customers: any IdentityMap
    let logger: Logger

    init(_ issuer: TokenIssuer, customers: any IdentityMap, logger: Logger) {
        rules = issuer.rules
        keys = SigningKeys(issuer.keys)
        self.customers = customers
        self.logger = logger
    }

    /// The user that a token names, with access to all of their customers; there may be none yet.
    ///
    /// - Throws: ``APIError``: 401 with the token's fault, 503 while the key cannot be fetched.
    func caller(presenting text: String, now: Instant) async throws -> Caller {
        do {
            let token = try SignedToken(text, customerClaim: rules.customerClaim)
            guard let key = try await keys.key(token.keyID, now: now) else { throw TokenFault.unknownKey }
            guard key.verifies(token.signature, of: token.signed) else { throw TokenFault.signature }
            let subject = try rules.check(token.claims, now: now)
            let own =
                rules.customerClaim == nil
                ? try await customers(ofSubject: subject)
                : token.claims.customers.map { CustomerKey($0, account: nil) }
            return Caller(
                name: "bearer token",
                scopes: [.feedRead],
                accessScope: .customers(own),
                budget: .user(subject)
            )
        } catch let fault as TokenFault {
            throw fault.error
        } catch let problem as SigningKeysUnavailable {
            logger.warning("\(problem)")
            throw APIError(
                .serviceUnavailable,
                "issuer_unavailable",
                "This token cannot be verified now, because its issuer does not answer. Try again soon.",
                headers: [.retryAfter: String(SigningKeys.pauseSeconds)]
            )
        }
    }

    private func customers(ofSubject subject: String) async throws -> [CustomerKey] {
        guard let user = Identity(.user, subject) else { return [] }
        return try await customers.customers(of: user)
    }
}
