import Hummingbird

/// `GET /v1/secrets`: which secrets are in force and which are still used, for whoever changes them; never a secret.
struct SecretsController: Sendable {
    let secrets: CurrentSecrets
    let authenticator: Authenticator

    func addRoutes(to routes: inout Routes) {
        routes.get("/v1/secrets", use: list)
    }

    @Sendable
    private func list(_ request: Request, _ context: AppContext) async throws -> Response {
        _ = try await authenticator.caller(of: request, needing: .ops, context)
        try QueryReader(request).finish()
        // As they are now: those that the request began with may be history.
        return JSONBody.response(SecretListing(secrets))
    }
}
