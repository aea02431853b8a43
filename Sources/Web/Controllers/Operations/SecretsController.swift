import Hummingbird

/// `GET /v1/secrets`: the active secrets and how often each was used, for operators who replace them; never
/// a secret itself.
struct SecretsController: Sendable {
    let secrets: SecretStore

    func addRoutes(to routes: Routes) {
        routes.get("/v1/secrets", for: .ops, use: list)
    }

    @Sendable
    private func list(_ request: Request, _ context: AppContext) async throws -> Response {
        try QueryReader(request).finish()
        // The current secrets; those in the request's context may have been replaced since its start.
        return JSONBody.response(SecretListing(secrets: secrets))
    }
}
