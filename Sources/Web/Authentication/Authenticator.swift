import HTTPTypes
import Hummingbird

/// Who is asking, and what they may see.
struct Caller: Sendable {
    enum Reach: Sendable, Equatable {
        case anyCustomer
        case customer(String)
    }

    let name: String
    let scopes: Set<Scope>
    let reach: Reach

    func maySee(customer: String?) -> Bool {
        switch reach {
        case .anyCustomer: true
        case .customer(let own): customer == own
        }
    }
}

/// Finds out who is asking.
struct Authenticator: Sendable {
    let keys: APIKeys

    /// - Throws: ``APIError``: 401 without a known key, 403 when the key is for something else, 400 when two
    ///   credentials come at once, since nobody can say which was meant.
    func caller(of request: Request, needing scope: Scope) throws(APIError) -> Caller {
        guard let credential = try Self.credential(in: request) else {
            throw APIError(
                .unauthorized,
                .authentication,
                code: "api_key_missing",
                "Send an API key: Authorization: Bearer KEY, or x-api-key: KEY.",
                headers: [.wwwAuthenticate: "Bearer"]
            )
        }
        guard let key = keys.key(presented: credential) else {
            throw APIError(
                .unauthorized,
                .authentication,
                code: "api_key_invalid",
                "This API key is not known here.",
                headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""]
            )
        }
        guard key.scopes.contains(scope) else {
            throw APIError(
                .forbidden,
                .permission,
                code: "scope_missing",
                "This API key was not made for that: it lacks the scope \(scope.rawValue)."
            )
        }
        return Caller(name: key.name, scopes: key.scopes, reach: .anyCustomer)
    }

    /// The key or token a request carries.
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

extension Substring {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
