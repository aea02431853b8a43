import Billing
import HTTPTypes
import Hummingbird
import Storage

/// The result of an address with a session link: `GET /billing?session=TOKEN`.
///
/// The page checks this first:
///
///     switch try await authenticator.sessionRedirect(request, context, links: store) {
///     case .enters(let redirect): return redirect
///     case .replaces(let replacement): return …a page that asks whether it should…
///     case .refused(let fault): return …a page that says so, and leads back to fault.returnURL…
///     case nil: break  // No session link in the address: use the cookie or a bearer token.
///     }
enum SessionRedirect: Sendable {
    /// Sets the session's cookie, and redirects with an uncacheable 303 to the address without the token, so
    /// that the token is neither in the history nor in a link that the visitor shares.
    case enters(Response)
    /// The browser has another customer's session, which the new session would end.
    case replaces(SessionReplacement)
    case refused(SessionFault)
}

/// A session that would replace another customer's session in the browser.
///
/// A link alone does not replace a session: an attacker's link could make a customer take the attacker's page
/// for their own.
struct SessionReplacement: Sendable {
    let current: CustomerSession
    let new: CustomerSession
    /// The unused link token of the new session.
    let token: String
    /// The form token of the current session, which proves that the visitor agreed on our own page.
    let formToken: String
}

extension Authenticator {
    /// Handles the session link in an address, `nil` without one; if the store cannot mark the link as used, its
    /// state is unknown.
    func sessionRedirect(
        _ request: Request,
        _ context: AppContext,
        links: any SessionLinks
    ) async throws -> SessionRedirect? {
        guard let query = request.uri.query else { return nil }
        let pairs = query.split(separator: "&")
        guard let pair = pairs.first(where: { $0.hasPrefix("session=") }) else { return nil }
        context.loggedCaller.set("link")
        try context.allowance?.chargeAddress()
        let token = String(pair.dropFirst("session=".count))
        let sessions = context.secrets.sessions
        switch sessions.verdict(onLink: token, now: context.now) {
        case .forged: return .refused(SessionFault(reason: .forged, returnURL: nil))
        case .expired(let session):
            return .refused(SessionFault(reason: .expired, returnURL: session.returnURL))
        case .good(let session, let id):
            var current: (token: String, session: CustomerSession)?
            if case (let token, .good(let session, _))? = self.token(inCookiesOf: request, context) {
                current = (token, session)
            }
            // In a frame the new session is asked for by the site that shows it, and the cookie is of that site alone.
            let isOfFrame = cookie.isPartitioned && request.headers[.secFetchDest] == "iframe"
            if let current, current.session.customer != session.customer, !isOfFrame {
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
            // Relative to the requested URL, because a proxy may serve the page under another host and path.
            let page = request.uri.path.split(separator: "/").last.map(String.init) ?? "."
            let target = page + (rest.isEmpty ? "" : "?" + rest)
            // A HEAD only checks the link, and does not use it.
            if request.method == .head { return .enters(PageResponse.redirect(to: target)) }
            if try await links.useSessionLink(id, until: session.expiresAt, now: context.now) {
                return .enters(entering(session, at: target, context))
            }
            // A visitor with a session needs no link, so opening a used link again in the same browser is no
            // error.
            if current != nil { return .enters(PageResponse.redirect(to: target)) }
            return .refused(SessionFault(reason: .used, returnURL: session.returnURL))
        }
    }

    /// Sets the session's cookie, and redirects to the page.
    func entering(_ session: CustomerSession, at link: String, _ context: AppContext) -> Response {
        var response = PageResponse.redirect(to: link)
        let token = context.secrets.sessions.token(for: session)
        response.headers[.setCookie] = cookie.setting(token, until: session.expiresAt, now: context.now)
        return response
    }
}
