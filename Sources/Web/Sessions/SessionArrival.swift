import Billing
import HTTPTypes
import Hummingbird

/// What became of an address that brings a session: `GET /billing?session=TOKEN`.
///
/// The page asks this before anything else:
///
///     switch authenticator.arrival(request, context) {
///     case .enters(let redirect): return redirect
///     case .replaces(let replacement): return …a page that asks whether it should…
///     case .refused(let fault): return …a page that says so, and leads back to fault.returnURL…
///     case nil: break  // No session in the address: the cookie or a bearer token has to do.
///     }
enum SessionArrival: Sendable {
    /// Keep the token as a cookie, and go to the same address without it, so that it is neither in the history nor
    /// passed on with a link: a 303 that nobody may keep.
    case enters(Response)
    /// The browser is in another customer's session, which the new one would end.
    case replaces(SessionReplacement)
    case refused(SessionFault)
}

/// A session that would take another's place in a browser.
///
/// A link alone does not bring that about: a stranger's link could show a customer the stranger's page as their own.
struct SessionReplacement: Sendable {
    let current: CustomerSession
    let new: CustomerSession
    /// Of the new session.
    let token: String
    /// Of the current one: proves that the visitor agreed on our own page.
    let formToken: String
}

extension Authenticator {
    /// Takes the session that an address brings, if it brings one.
    ///
    /// - Parameters:
    ///   - request: A GET of the page.
    ///   - context: The time, and the secrets.
    /// - Returns: `nil` for an address without a session.
    func arrival(_ request: Request, _ context: AppContext) -> SessionArrival? {
        guard let query = request.uri.query else { return nil }
        let pairs = query.split(separator: "&")
        guard let pair = pairs.first(where: { $0.hasPrefix("session=") }) else { return nil }
        let token = String(pair.dropFirst("session=".count))
        let sessions = context.secrets.sessions
        switch sessions.verdict(on: token, now: context.now) {
        case .forged: return .refused(SessionFault(reason: .forged, returnURL: nil))
        case .expired(let session):
            return .refused(SessionFault(reason: .expired, returnURL: session.returnURL))
        case .good(let session):
            if let current = current(request, context), current.session.customer != session.customer {
                return .replaces(
                    SessionReplacement(
                        current: current.session,
                        new: session,
                        token: token,
                        formToken: sessions.formToken(for: current.token)
                    )
                )
            }
            let rest = pairs.filter { !$0.hasPrefix("session=") }.joined(separator: "&")
            // Relative to the address that was asked for: a proxy may serve us under a host and path of its own.
            let page = request.uri.path.split(separator: "/").last.map(String.init) ?? "."
            return .enters(
                entering(session, token, at: page + (rest.isEmpty ? "" : "?" + rest), now: context.now)
            )
        }
    }

    /// Leads into the page, with a session kept as a cookie.
    func entering(_ session: CustomerSession, _ token: String, at link: String, now: Instant) -> Response {
        var response = PageResponse.redirect(to: link)
        response.headers[.setCookie] = cookie.setting(token, until: session.expiresAt, now: now)
        return response
    }

    /// The session that a browser is in.
    private func current(
        _ request: Request,
        _ context: AppContext
    ) -> (token: String, session: CustomerSession)? {
        for token in cookie.values(in: request) {
            if case .good(let session) = context.secrets.sessions.verdict(on: token, now: context.now) {
                return (token, session)
            }
        }
        return nil
    }
}
