import Billing
import HTTPTypes
import Hummingbird
import Storage

/// What became of an address that brings a session link: `GET /billing?session=TOKEN`.
///
/// The page asks this before anything else:
///
///     switch try await authenticator.arrival(request, context, links: store) {
///     case .enters(let redirect): return redirect
///     case .replaces(let replacement): return …a page that asks whether it should…
///     case .refused(let fault): return …a page that says so, and leads back to fault.returnURL…
///     case nil: break  // No session in the address: the cookie or a bearer token has to do.
///     }
enum SessionArrival: Sendable {
    /// Keep the session as a cookie, and go to the same address without it, so that it is neither in the history nor
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
    /// Of the new session's link, which is not used yet.
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
    ///   - links: Which have been used.
    /// - Returns: `nil` for an address without a session.
    /// - Throws: ``StoreError`` when nothing can be said of the link; it is not used then, or nobody knows. ``APIError``
    ///   429 for an address that brings too many.
    func arrival(
        _ request: Request,
        _ context: AppContext,
        links: any SessionLinks
    ) async throws -> SessionArrival? {
        guard let query = request.uri.query else { return nil }
        let pairs = query.split(separator: "&")
        guard let pair = pairs.first(where: { $0.hasPrefix("session=") }) else { return nil }
        try context.allowance?.refuseStranger()
        let token = String(pair.dropFirst("session=".count))
        let sessions = context.secrets.sessions
        switch sessions.verdict(onLink: token, now: context.now) {
        case .forged: return .refused(SessionFault(reason: .forged, returnURL: nil))
        case .expired(let session):
            return .refused(SessionFault(reason: .expired, returnURL: session.returnURL))
        case .good(let session, let id):
            let current = current(request, context)
            if let current, current.session.customer != session.customer {
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
            let target = page + (rest.isEmpty ? "" : "?" + rest)
            // A HEAD only looks where the link leads.
            if request.method == .head { return .enters(PageResponse.redirect(to: target)) }
            if try await links.useSessionLink(id, until: session.expiresAt, now: context.now) {
                return .enters(entering(session, at: target, context))
            }
            // Who is in already needs no link: one that is opened again in the same browser is no error.
            if current != nil { return .enters(PageResponse.redirect(to: target)) }
            return .refused(SessionFault(reason: .used, returnURL: session.returnURL))
        }
    }

    /// Leads into the page, with a session kept as a cookie.
    func entering(_ session: CustomerSession, at link: String, _ context: AppContext) -> Response {
        var response = PageResponse.redirect(to: link)
        let token = context.secrets.sessions.token(for: session)
        response.headers[.setCookie] = cookie.setting(token, until: session.expiresAt, now: context.now)
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
