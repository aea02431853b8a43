import Billing
import Hummingbird

/// `POST /v1/customer_sessions`: gives one customer temporary access to their own data, as Stripe's customer
/// portal does.
struct CustomerSessionsController: Sendable {
    let authenticator: Authenticator

    private static let maximumBytes = 8192

    func addRoutes(to routes: Routes) {
        routes.post("/v1/customer_sessions", use: begin)
    }

    @Sendable
    private func begin(_ request: Request, _ context: AppContext) async throws -> Response {
        let caller = try await authenticator.caller(of: request, needing: .sessionsWrite, context)
        try QueryReader(request).finish()
        let wish = try SessionBody(try await request.bytes(upTo: Self.maximumBytes, context.bodies))
        guard caller.reach.includes(wish.customer) else { throw APIError.noSuch("customer") }
        let sessions = context.secrets.sessions
        let session = sessions.session(
            of: wish.customer,
            owner: wish.owner,
            returnURL: wish.returnURL,
            now: context.now
        )
        let token = sessions.token(for: session)
        context.logger.info("customer session", metadata: ["by": "\(caller.name)"])
        return JSONBody.response(
            Begun(url: sessions.link(for: session), token: token, expires_at: session.expiresAt)
        )
    }

    private struct Begun: Encodable {
        let object = "customer_session"
        let url: String
        let token: String
        let expires_at: Instant
    }
}
