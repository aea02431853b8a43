import Billing
import HTTPTypes
import Hummingbird

/// Finds out who is asking.
///
/// A credential in a header is an API key, the token of a customer session, or a bearer token of Console's. Without one, the page's cookie will do:
/// browsers send it by themselves, so it never wins over a header that somebody wrote, and a header that is wrong is not
/// made good by it.
struct Authenticator: Sendable {
    let keys: APIKeys
    let sessions: SessionSigner
    let cookie: SessionCookie
    /// `nil` where nobody's tokens are taken.
    var tokens: TokenAuthority?

    /// Finds out who is asking.
    ///
    /// - Parameters:
    ///   - request: What they ask. One that changes something and brings no credential but the cookie has to prove that
    ///     a page of ours sent it; see ``SamePageProof``.
    ///   - scope: What the route needs. A session has `feed:read`, for what is the customer's.
    ///   - now: The time.
    ///   - formToken: What a form carried in its hidden field, where it was a form.
    /// - Returns: Somebody who has the scope.
    /// - Throws: ``APIError``: 401 without a credential that is known and not over, 403 when it is for something else or
    ///   the request may be another site's doing, 400 when two headers come at once, since nobody can say which was
    ///   meant.
    func caller(
        of request: Request,
        needing scope: Scope,
        now: Instant,
        formToken: String? = nil
    ) async throws -> Caller {
        let caller: Caller
        if let credential = try Self.credential(in: request) {
            caller = try await self.caller(presenting: credential, now: now)
        } else if let token = token(inCookiesOf: request, now: now) {
            caller = Caller(try session(token, now: now))
            let proof = SamePageProof(request, origin: WebOrigin(of: sessions.publicURL))
            let isOurForm = formToken.map { sessions.isFormToken($0, for: token) } ?? false
            guard proof.isEnough(withFormToken: isOurForm) else { throw APIError.crossSite }
        } else {
            throw APIError.credentialMissing
        }
        guard caller.scopes.contains(scope) else { throw APIError.scopeMissing(scope) }
        return caller
    }

    /// Finds out who visits a page: a customer, never a key.
    ///
    /// - Returns: What to show.
    /// - Throws: ``APIError`` for a header that is wrong or an API key: those are no browser's, and are answered as
    ///   anywhere else.
    func visit(of request: Request, now: Instant) async throws -> PageVisit {
        if let credential = try Self.credential(in: request) {
            let caller = try await caller(presenting: credential, now: now)
            guard case .own = caller.reach else { throw APIError.sessionRequired }
            guard case .good(let session) = sessions.verdict(on: credential, now: now) else {
                return .visitor(PageVisitor(caller: caller, session: nil, formToken: nil))
            }
            return .visitor(PageVisitor(caller: caller, session: session, formToken: nil))
        }
        guard let token = token(inCookiesOf: request, now: now) else { return .nobody }
        switch sessions.verdict(on: token, now: now) {
        case .good(let session):
            let form = sessions.formToken(for: token)
            return .visitor(PageVisitor(caller: Caller(session), session: session, formToken: form))
        case .expired(let session):
            return .over(SessionFault(reason: .expired, returnURL: session.returnURL))
        case .forged: return .over(SessionFault(reason: .forged, returnURL: nil))
        }
    }

    private func caller(presenting credential: String, now: Instant) async throws -> Caller {
        if let key = keys.key(presented: credential) {
            return Caller(name: key.name, scopes: key.scopes, reach: .anyCustomer)
        }
        if sessions.claims(credential) { return Caller(try session(credential, now: now)) }
        if let tokens, SignedToken.isShaped(credential) {
            return try await tokens.caller(presenting: credential, now: now)
        }
        throw APIError.unauthorized("api_key_invalid", "This API key is not known here.")
    }

    private func session(_ token: String, now: Instant) throws(APIError) -> CustomerSession {
        switch sessions.verdict(on: token, now: now) {
        case .good(let session): return session
        case .expired:
            throw .unauthorized("session_expired", "This session has expired. Make or ask for a new one.")
        case .forged:
            throw .unauthorized(
                "session_invalid",
                "This is not a session of ours, or it was altered. Make or ask for a new one."
            )
        }
    }

    /// The first token in the cookies that is good; if none is, the first.
    private func token(inCookiesOf request: Request, now: Instant) -> String? {
        let tokens = cookie.values(in: request)
        return tokens.first { if case .good = sessions.verdict(on: $0, now: now) { true } else { false } }
            ?? tokens.first
    }

    /// The key or token that a request's headers carry.
    static func credential(in request: Request) throws(APIError) -> String? {
        let bearer = request.headers[.authorization]
        let key = request.headers[.apiKey]
        switch (bearer, key) {
        case (nil, nil): return nil
        case (nil, let key?): return key
        case (_?, _?):
            throw APIError(
                .badRequest,
                .invalidRequest,
                code: "credentials_ambiguous",
                "Send either Authorization or x-api-key, not both."
            )
        case (let header?, nil):
            let parts = header.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                throw APIError(
                    .unauthorized,
                    .authentication,
                    code: "authorization_malformed",
                    "Write the header as Authorization: Bearer KEY.",
                    headers: [.wwwAuthenticate: "Bearer"]
                )
            }
            return parts[1].trimmingSpaces
        }
    }
}

extension Caller {
    init(_ session: CustomerSession) {
        self.init(
            name: "customer session",
            scopes: [.feedRead],
            reach: .own(customers: [session.customer], address: session.owner)
        )
    }
}

extension APIError {
    fileprivate static let credentialMissing = APIError(
        .unauthorized,
        .authentication,
        code: "api_key_missing",
        "Send an API key: Authorization: Bearer KEY, or x-api-key: KEY.",
        headers: [.wwwAuthenticate: "Bearer"]
    )

    static func unauthorized(_ code: String, _ message: String) -> APIError {
        APIError(
            .unauthorized,
            .authentication,
            code: code,
            message,
            headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""]
        )
    }

    fileprivate static func scopeMissing(_ scope: Scope) -> APIError {
        APIError(
            .forbidden,
            .permission,
            code: "scope_missing",
            "This credential was not made for that: it lacks the scope \(scope.rawValue)."
        )
    }

    fileprivate static let sessionRequired = APIError(
        .forbidden,
        .permission,
        code: "session_required",
        "The page shows one customer's own. Make a session for the customer (POST /v1/customer_sessions), and open its "
            + "url."
    )

    fileprivate static let crossSite = APIError(
        .forbidden,
        .permission,
        code: "request_cross_site",
        "With nothing but a cookie, this has to come from our own page: as JSON (Content-Type: application/json) or with "
            + "the page's form token. Elsewhere send the session's token as Authorization: Bearer TOKEN."
    )
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
