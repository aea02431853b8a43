import Billing
import HTTPTypes
import Hummingbird

/// What became of an address that brings a session: `GET /billing?session=TOKEN`.
///
/// The page asks this before anything else:
///
///     switch authenticator.arrival(request, context) {
///     case .enters(let redirect): return redirect
///     case .refused(let fault): return …a page that says so, and leads back to fault.returnURL…
///     case nil: break  // No session in the address: the cookie or a bearer token has to do.
///     }
enum SessionArrival: Sendable {
    /// Keep the token as a cookie, and go to the same address without it, so that it is neither in the history nor
    /// passed on with a link: a 303 that nobody may keep.
    case enters(Response)
    case refused(SessionFault)
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
        switch context.secrets.sessions.verdict(on: token, now: context.now) {
        case .forged: return .refused(SessionFault(reason: .forged, returnURL: nil))
        case .expired(let session):
            return .refused(SessionFault(reason: .expired, returnURL: session.returnURL))
        case .good(let session):
            let rest = pairs.filter { !$0.hasPrefix("session=") }.joined(separator: "&")
            // Relative to the address that was asked for: a proxy may serve us under a host and path of its own.
            let page = request.uri.path.split(separator: "/").last.map(String.init) ?? "."
            let target = page + (rest.isEmpty ? "" : "?" + rest)
            return .enters(
                Response(
                    status: .seeOther,
                    headers: [
                        .location: target,
                        .setCookie: cookie.setting(token, until: session.expiresAt, now: context.now),
                        .cacheControl: "no-store", .referrerPolicy: "no-referrer", .contentLength: "0",
                    ]
                )
            )
        }
    }
}
