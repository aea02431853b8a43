import Billing
import HTTPTypes
import Hummingbird
import Storage

/// Identifies the caller of a request.
///
/// A credential in a header is an API key, the token of a customer session, or a bearer token of Console. The
/// page's cookie is used only if there is no such header, because browsers send the cookie with every
/// request. An invalid header is an error, even if the cookie is valid.
struct Authenticator: Sendable {
    /// The base URL under which browsers reach the service.
    let publicURL: String
    let cookie: SessionCookie
    /// Maps users and organizations to customers.
    let customers: any IdentityMap
    /// `nil` if bearer tokens are not accepted.
    var tokens: TokenAuthority?

    /// Identifies the caller, and checks the scope.
    ///
    /// - Parameters:
    ///   - request: The request. If it changes data and has only the cookie, it must prove that a page of
    ///     this service sent it; see ``CSRFCheck``.
    ///   - scope: The scope that the route needs. A session has `feed:read` for its own customer; `feed:user`
    ///     counts as `feed:read` if the request names a user.
    ///   - context: The request's time, and the secrets at its start.
    ///   - formToken: The value of a form's hidden field; `nil` if the request is no form.
    /// - Returns: A caller with the scope, restricted to the user and the organization that the headers name.
    /// - Throws: ``APIError``: 401 without a known and unexpired credential; 403 if the credential lacks the
    ///   scope or another site may have sent the request; 400 for two credential headers, which are
    ///   ambiguous; and 429 over the rate limit.
    func caller(
        of request: Request,
        needing scope: Scope,
        _ context: AppContext,
        formToken: String? = nil
    ) async throws -> Caller {
        do {
            return try await knownCaller(of: request, needing: scope, context, formToken: formToken)
        } catch let error as APIError where error.status == .unauthorized {
            try context.allowance?.chargeAddress()
            throw error
        }
    }

    private func knownCaller(
        of request: Request,
        needing scope: Scope,
        _ context: AppContext,
        formToken: String?
    ) async throws -> Caller {
        let caller: Caller
        var holder = Holder.customer
        var key: SecretUse?
        if let credential = try Self.credential(in: request) {
            let bearer = try await bearer(of: credential, context)
            (caller, holder, key) = (bearer.caller, bearer.holder, bearer.key)
        } else if let (token, verdict) = token(inCookiesOf: request, context) {
            caller = Caller(try verdict.current())
            let proof = CSRFCheck(request, origin: WebOrigin(of: publicURL))
            let isOurForm = formToken.map { context.secrets.sessions.isFormToken($0, for: token) } ?? false
            guard proof.isEnough(withFormToken: isOurForm) else { throw APIError.crossSite }
        } else {
            throw APIError.credentialMissing
        }
        context.loggedCaller.set(holder == .service ? "key \(caller.name)" : caller.name)
        // A program's request for a user is charged to the user, because one program acts for many users.
        let user = holder == .service ? try request.identity(.user) : nil
        try await context.allowance?.admit(user.map { .user($0.id) } ?? caller.budget)
        guard caller.scopes.contains(scope) || scope == .feedRead && caller.scopes.contains(.feedUser) else {
            throw APIError.scopeMissing(scope)
        }
        let restricted = try await restricted(caller, holder, by: request, needing: scope)
        key?.use(at: context.now)
        return restricted
    }

    /// Identifies the visitor of a page: a customer or a user, never an API key.
    ///
    /// - Returns: The page to show: the visitor's, one for an expired or forged session, or one for a visitor
    ///   without a credential.
    /// - Throws: ``APIError`` for an invalid header, an API key, or over the rate limit. Browsers send no such
    ///   headers, so the answer to the first two is an API error and no page.
    func pageAccess(of request: Request, _ context: AppContext) async throws -> PageAccess {
        if let credential = try Self.credential(in: request) {
            let bearer = try await bearer(of: credential, context)
            guard bearer.holder != .service else { throw APIError.sessionRequired }
            context.loggedCaller.set(bearer.caller.name)
            try await context.allowance?.admit(bearer.caller.budget)
            let caller = try await restricted(bearer.caller, bearer.holder, by: request, needing: nil)
            return .visitor(PageUser(caller: caller, session: bearer.session, formToken: nil))
        }
        try request.refuseIdentities()
        guard let (token, verdict) = token(inCookiesOf: request, context) else {
            try context.allowance?.chargeAddress()
            return .anonymous
        }
        switch verdict {
        case .good(let session, _):
            let caller = Caller(session)
            context.loggedCaller.set(caller.name)
            try await context.allowance?.admit(caller.budget)
            let form = context.secrets.sessions.formToken(for: token)
            return .visitor(PageUser(caller: caller, session: session, formToken: form))
        case .expired(let session):
            return .over(SessionFault(reason: .expired, returnURL: session.returnURL))
        case .forged: return .over(SessionFault(reason: .forged, returnURL: nil))
        }
    }

    /// Whether a cookie of the request is a session of the customer's.
    func isSignedIn(_ customer: CustomerKey?, _ request: Request, _ context: AppContext) -> Bool {
        guard let customer, case .good(let session, _)? = token(inCookiesOf: request, context)?.verdict
        else { return false }
        return Caller(session).accessScope.includes(customer)
    }

    /// A valid credential in a header.
    private struct Bearer {
        let caller: Caller
        let holder: Holder
        /// Counts the uses of an API key.
        var key: SecretUse?
        /// `nil` unless the credential is the token of one.
        var session: CustomerSession?
    }

    private func bearer(of credential: String, _ context: AppContext) async throws -> Bearer {
        if let bearer = try ownBearer(of: credential, context) { return bearer }
        guard let tokens, SignedToken.isShaped(credential) else {
            throw APIError.unauthorized("api_key_invalid", "This API key is not known here.")
        }
        return Bearer(
            caller: try await tokens.caller(presenting: credential, now: context.now),
            holder: .user
        )
    }

    /// The credential, if this service gave it out: an API key, or the token of a session.
    private func ownBearer(of credential: String, _ context: AppContext) throws -> Bearer? {
        if let (key, use) = context.secrets.keys.key(presented: credential) {
            let caller = Caller(
                name: key.name,
                scopes: key.scopes,
                accessScope: .anyCustomer,
                budget: .key(key.name)
            )
            return Bearer(caller: caller, holder: .service, key: use)
        }
        let sessions = context.secrets.sessions
        guard sessions.claims(credential) else { return nil }
        let session = try sessions.verdict(on: credential, now: context.now).current()
        return Bearer(caller: Caller(session), holder: .customer, session: session)
    }

    /// The first valid token in the cookies; if none is valid, the first token.
    func token(
        inCookiesOf request: Request,
        _ context: AppContext
    ) -> (token: String, verdict: SessionSigner.Verdict)? {
        var first: (String, SessionSigner.Verdict)?
        for token in cookie.values(in: request) {
            let verdict = context.secrets.sessions.verdict(on: token, now: context.now)
            if case .good = verdict { return (token, verdict) }
            first = first ?? (token, verdict)
        }
        return first
    }

    /// The key or token in the request's headers.
    static func credential(in request: Request) throws(APIError) -> String? {
        let bearer = request.headers[.authorization]
        let key = request.headers[.apiKey]
        switch (bearer, key) {
        case (nil, nil): return nil
        case (nil, let key?): return key
        case (_?, _?):
            throw APIError(
                .badRequest,
                "credentials_ambiguous",
                "Send either Authorization or x-api-key, not both."
            )
        case (let header?, nil):
            let parts = header.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                throw APIError(
                    .unauthorized,
                    "authorization_malformed",
                    "Write the header as Authorization: Bearer KEY.",
                    headers: [.wwwAuthenticate: "Bearer"]
                )
            }
            return parts[1].trimmingSpaces
        }
    }
}

extension SessionSigner.Verdict {
    /// The session, if it is genuine and has not expired.
    fileprivate func current() throws(APIError) -> CustomerSession {
        switch self {
        case .good(let session, _): return session
        case .expired:
            throw .unauthorized(
                "session_expired",
                "This session has expired. Make or ask for a new one."
            )
        case .forged:
            throw .unauthorized(
                "session_invalid",
                "This is not a session of ours, or it was altered. Make or ask for a new one."
            )
        }
    }
}

extension Caller {
    init(_ session: CustomerSession) {
        self.init(
            name: "customer session",
            scopes: [.feedRead],
            accessScope: .customers([session.customer]),
            address: session.owner,
            budget: .customer(session.customer)
        )
    }
}

extension APIError {
    fileprivate static let credentialMissing = APIError(
        .unauthorized,
        "api_key_missing",
        "Send an API key: Authorization: Bearer KEY, or x-api-key: KEY.",
        headers: [.wwwAuthenticate: "Bearer"]
    )

    static func unauthorized(_ code: String, _ message: String) -> APIError {
        APIError(.unauthorized, code, message, headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""])
    }

    fileprivate static func scopeMissing(_ scope: Scope) -> APIError {
        APIError(.forbidden, "scope_missing", "This credential lacks the scope \(scope.rawValue).")
    }

    fileprivate static let sessionRequired = APIError(
        .forbidden,
        "session_required",
        "The page shows one customer's own. Make a session for the customer (POST /v1/customer_sessions), and open its "
            + "url."
    )

    fileprivate static let crossSite = APIError(
        .forbidden,
        "request_cross_site",
        "With nothing but a cookie, this has to come from our own page: as JSON (Content-Type: application/json) or with "
            + "the page's form token. Elsewhere send the session's token as Authorization: Bearer TOKEN."
    )
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
