import HTTPTypes
import Hummingbird
import Storage

/// The user and the organization that a request names beside its credential.
///
/// Each of the two headers narrows what the caller reaches, to the customers of the user or the organization. It never
/// widens it.
extension Authenticator {
    /// The caller, narrowed to whom the headers name.
    ///
    /// - Parameters:
    ///   - caller: As the credential says.
    ///   - holder: What kind of credential it is.
    ///   - request: With or without the headers.
    ///   - scope: What the route needs; `nil` for a page.
    /// - Returns: The caller with what is left of its reach.
    /// - Throws: ``APIError``: 400 where a header cannot apply, 403 for a key that is good for a named user only.
    func narrowed(
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
        var reach = caller.reach
        for identity in [user, organization].compactMap(\.self) {
            reach = reach.narrowed(to: try await customers.customers(of: identity))
        }
        return Caller(
            name: caller.name,
            scopes: caller.scopes,
            reach: reach,
            address: caller.address,
            budget: caller.budget
        )
    }

    /// Whose a credential is: a program's, a user's of Console, or one customer's.
    enum Holder {
        case service, user, customer

        /// Whose budget a request is of: the user's whom a program names, for it speaks for many.
        func charged(_ caller: Caller, _ request: Request) throws(APIError) -> LimitedCaller {
            guard self == .service, let user = try request.identity(.user) else { return caller.budget }
            return .user(user.id)
        }
    }
}

extension Request {
    /// - Throws: ``APIError`` where a header comes twice, or holds what can be no id.
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

    /// Refuses the headers where nothing can be narrowed.
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
            .invalidRequest,
            code: "header_not_allowed",
            "\(name.rawName) cannot narrow what this credential does on this route. Leave it out.",
            parameter: name.rawName
        )
    }

    fileprivate static let userMissing = APIError(
        .forbidden,
        .permission,
        code: "user_required",
        "This key reads what is one user's (feed:user). Name the user: X-User-Id: ID."
    )
}
