import Billing
import HTTPTypes
import Hummingbird
import Storage

/// Finds out who is asking.
///
/// A credential in a header is an API key, the token of a customer session, or a bearer token of Console's. Without one, the page's cookie will do:
/// browsers send it by themselves, so it never wins over a header that somebody wrote, and a header that is wrong is not
/// made good by it.
struct Authenticator: Sendable {
    /// Where browsers reach us.
    let publicURL: String
    let cookie: SessionCookie
    /// Who a user or an organization is.
    let customers: any IdentityMap
    /// `nil` where nobody's tokens are taken.
    var tokens: TokenAuthority?

    /// Finds out who is asking.
    ///
    /// - Parameters:
    ///   - request: What they ask. One that changes something and brings no credential but the cookie has to prove that
    ///     a page of ours sent it; see ``SamePageProof``.
    ///   - scope: What the route needs. A session has `feed:read`, for what is the customer's; `feed:user` will do for
    ///     `feed:read` where a user is named.
    ///   - context: The request's time, and the secrets that it began with.
    ///   - formToken: What a form carried in its hidden field, where it was a form.
    /// - Returns: A caller who has the scope, narrowed to the user and the organization that the headers name.
    /// - Throws: ``APIError``: 401 without a credential that is known and not over, 403 when it is for something else or
    ///   the request may be another site's doing, 400 when two headers come at once, since nobody can say which was
    ///   meant, and 429 for a caller who asks for too much.
    func caller(
        of request: Request,
        needing scope: Scope,
        _ context: AppContext,
        formToken: String? = nil
    ) async throws -> Caller {
        do {
            return try await knownCaller(of: request, needing: scope, context, formToken: formToken)
        } catch let error as APIError where error.status == .unauthorized {
            try context.allowance?.refuseStranger()
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
            caller = try bearer.caller
            holder = bearer.holder
            if case .key(_, let use) = bearer { key = use }
        } else if let (token, verdict) = token(inCookiesOf: request, context) {
            caller = Caller(try verdict.session)
            let proof = SamePageProof(request, origin: WebOrigin(of: publicURL))
            let isOurForm = formToken.map { context.secrets.sessions.isFormToken($0, for: token) } ?? false
            guard proof.isEnough(withFormToken: isOurForm) else { throw APIError.crossSite }
        } else {
            throw APIError.credentialMissing
        }
        try await context.allowance?.admit(try holder.charged(caller, request))
        guard caller.scopes.contains(scope) || scope == .feedRead && caller.scopes.contains(.feedUser) else {
            throw APIError.scopeMissing(scope)
        }
        let narrowed = try await narrowed(caller, holder, by: request, needing: scope)
        key?.use(at: context.now)
        return narrowed
    }

    /// Finds out who visits a page: a customer, never a key.
    ///
    /// - Returns: What to show.
    /// - Throws: ``APIError`` for a header that is wrong or an API key: those are no browser's, and are answered as
    ///   anywhere else.
    func visit(of request: Request, _ context: AppContext) async throws -> PageVisit {
        if let credential = try Self.credential(in: request) {
            let bearer = try await bearer(of: credential, context)
            guard bearer.holder != .service else { throw APIError.sessionRequired }
            try await context.allowance?.admit(try bearer.caller.budget)
            let caller = try await narrowed(bearer.caller, bearer.holder, by: request, needing: nil)
            var session: CustomerSession?
            if case .session(let verdict) = bearer { session = try verdict.session }
            return .visitor(PageVisitor(caller: caller, session: session, formToken: nil))
        }
        try request.refuseIdentities()
        guard let (token, verdict) = token(inCookiesOf: request, context) else {
            try context.allowance?.refuseStranger()
            return .nobody
        }
        switch verdict {
        case .good(let session):
            try await context.allowance?.admit(.customer(session.customer))
            let form = context.secrets.sessions.formToken(for: token)
            return .visitor(PageVisitor(caller: Caller(session), session: session, formToken: form))
        case .expired(let session):
            return .over(SessionFault(reason: .expired, returnURL: session.returnURL))
        case .forged: return .over(SessionFault(reason: .forged, returnURL: nil))
        }
    }

    /// What a credential in a header turned out to be.
    private enum Bearer {
        case key(APIKey, SecretUse)
        case session(SessionSigner.Verdict)
        case user(Caller)

        var holder: Holder {
            switch self {
            case .key: .service
            case .session: .customer
            case .user: .user
            }
        }

        var caller: Caller {
            get throws(APIError) {
                switch self {
                case .key(let key, _):
                    Caller(
                        name: key.name,
                        scopes: key.scopes,
                        reach: .anyCustomer,
                        budget: .key(key.name)
                    )
                case .session(let verdict): Caller(try verdict.session)
                case .user(let caller): caller
                }
            }
        }
    }

    private func bearer(of credential: String, _ context: AppContext) async throws -> Bearer {
        if let (key, use) = context.secrets.keys.key(presented: credential) { return .key(key, use) }
        let sessions = context.secrets.sessions
        if sessions.claims(credential) { return .session(sessions.verdict(on: credential, now: context.now)) }
        if let tokens, SignedToken.isShaped(credential) {
            return .user(try await tokens.caller(presenting: credential, now: context.now))
        }
        throw APIError.unauthorized("api_key_invalid", "This API key is not known here.")
    }

    /// The first token in the cookies that is good; if none is, the first.
    private func token(
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

extension SessionSigner.Verdict {
    /// The session, where it is one that is not over.
    fileprivate var session: CustomerSession {
        get throws(APIError) {
            switch self {
            case .good(let session): return session
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
}

extension Caller {
    init(_ session: CustomerSession) {
        self.init(
            name: "customer session",
            scopes: [.feedRead],
            reach: .customers([session.customer]),
            address: session.owner,
            budget: .customer(session.customer)
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
