import Billing
import Hummingbird
import JSON

/// `POST /v1/customer_sessions`: gives one customer temporary access to their own data, as Stripe's customer
/// portal does.
struct CustomerSessionsController: Sendable {

    private static let maximumBytes = 8192

    func addRoutes(to routes: Routes) {
        routes.post("/v1/customer_sessions", for: .sessionsWrite, use: begin)
    }

    @Sendable
    private func begin(_ request: Request, _ context: AppContext) async throws -> Response {
        try QueryReader(request).finish()
        let body = try SessionBody(try await request.bytes(upTo: Self.maximumBytes, context))
        guard context.caller.accessScope.includes(body.customer) else { throw APIError.notFound("customer") }
        let sessions = context.secrets.sessions
        let session = sessions.session(
            of: body.customer,
            owner: body.owner,
            returnURL: body.returnURL,
            now: context.now
        )
        let token = sessions.token(for: session)
        context.logger.info("customer session created", metadata: ["by": "\(context.caller.name)"])
        let link = sessions.link(for: session)
        return JSONBody.response { json in
            json.member("expires_at", session.expiresAt)
            json.member("object", "customer_session")
            json.member("token", token)
            json.member("url", link)
        }
    }
}
