import HTTPTypes
import Hummingbird
import Storage

/// The user and the organization that a request names in headers.
///
/// Each of the two headers restricts the caller to the customers of that user or organization. A header never
/// adds access.
extension Authenticator {
    /// The caller, restricted to the customers that the headers name: 400 for a header that is not allowed here,
    /// and 403 for a `feed:user` key without a user; on a page `scope` is `nil`.
    func restricted(
        _ caller: Caller,
        _ holder: Holder,
        by request: Request,
        needing scope: Scope?
    ) async throws -> Caller {
        let user = try request.identity(.user)
        let organization = try request.identity(.organization)
        if scope == .feedRead, !caller.scopes.contains(.feedRead), user == nil { throw APIError.userMissing }
        let isOfCustomers = [nil, .feedRead, .sessionsWrite].contains(scope)
        guard user == nil || isOfCustomers && holder == .service else {
            throw APIError.headerNotAllowed(.userID)
        }
        guard organization == nil || isOfCustomers && holder != .customer else {
            throw APIError.headerNotAllowed(.organizationID)
        }
        var accessScope = caller.accessScope
        for identity in [user, organization].compactMap(\.self) {
            accessScope = accessScope.restricted(to: try await customers.customers(of: identity))
        }
        return Caller(
            name: caller.name,
            scopes: caller.scopes,
            accessScope: accessScope,
            address: caller.address,
            budget: caller.budget
        )
    }

    /// The holder of a credential: a program, a user of Console, or one customer.
    enum Holder {
        case service, user, customer
    }
}

extension Request {
    /// - Throws: ``APIError`` if a header is repeated, or if its value cannot be an id.
    func identity(_ kind: Identity.Kind) throws(APIError) -> Identity? {
        let name: HTTPField.Name = kind == .user ? .userID : .organizationID
        let values = headers[values: name]
        guard let value = values.first else { return nil }
        guard values.count == 1, let identity = Identity(kind, value) else {
            throw .invalid(
                name.rawName,
                "Give one id, of 1 to \(Identity.maximumLength) printable ASCII characters."
            )
        }
        return identity
    }

    /// Rejects the two headers on routes where they have no effect.
    func refuseIdentities() throws(APIError) {
        for name in [HTTPField.Name.userID, .organizationID] where headers.contains(name) {
            throw .headerNotAllowed(name)
        }
    }
}

extension APIError {
    fileprivate static func headerNotAllowed(_ name: HTTPField.Name) -> APIError {
        APIError(
            .badRequest,
            "header_not_allowed",
            "\(name.rawName) cannot narrow what this credential does on this route. Leave it out.",
            parameter: name.rawName
        )
    }

    fileprivate static let userMissing = APIError(
        .forbidden,
        "user_required",
        "This key reads what is one user's (feed:user). Name the user: X-User-Id: ID."
    )
}
