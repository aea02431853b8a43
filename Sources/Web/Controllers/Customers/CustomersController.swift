import Billing
import Hummingbird
import Storage

/// The users and organizations of Console that a Stripe customer belongs to, and the origin of each link.
struct CustomersController: Sendable {
    let map: any IdentityMap
    let usage: any UsageLedger

    private static let maximumBytes = 128 << 10

    func addRoutes(to routes: Routes) {
        routes.get("/v1/customers", for: .customersWrite, use: list)
        routes.get("/v1/customers/{id}", for: .customersWrite, use: show)
        routes.on(.put, "/v1/customers/{id}", for: .customersWrite, use: put)
    }

    @Sendable
    private func list(_ request: Request, _ context: AppContext) async throws -> Response {
        var query = try QueryReader(request)
        let named = try [
            query.identity("user", .user), query.identity("organization", .organization),
        ].compactMap(\.self)
        var found: [CustomerKey]
        var hasMore = false
        switch named.count {
        case 0:
            let account = try query.identifier("account")
            let limit = try query.integer("limit", in: 1...100) ?? 10
            let cursor = try query.identifier("starting_after")
            try query.finish()
            found = try await map.customers(in: account, after: cursor, limit: limit + 1)
            hasMore = found.count > limit
            found = Array(found.prefix(limit))
        case 1:
            for parameter in ["account", "limit", "starting_after"] where query.text(parameter) != nil {
                throw APIError.invalid(
                    parameter,
                    "Give it without user and organization: all of their customers are listed at once."
                )
            }
            try query.finish()
            found = try await map.customers(of: named[0])
        default: throw APIError.invalid("organization", "Give either user or organization, not both.")
        }
        var customers: [CustomerResponse] = []
        for key in found {
            if let links = try await map.links(of: key) { customers.append(CustomerResponse(links)) }
        }
        return JSONBody.list("/v1/customers", customers, hasMore: hasMore)
    }

    @Sendable
    private func show(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        var query = try QueryReader(request)
        let key = CustomerKey(id, account: try query.identifier("account"))
        try query.finish()
        return try await response(key)
    }

    @Sendable
    private func put(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        guard StripeID.isValid(id) else { throw APIError.invalid("id", "This is not an id of Stripe's.") }
        try QueryReader(request).finish()
        let body = try CustomerBody(try await request.bytes(upTo: Self.maximumBytes, context))
        let key = CustomerKey(id, account: body.account)
        let outcome = try await map.put(body.stated, of: key, from: .api)
        if outcome == .erased {
            throw APIError(
                .conflict,
                "customer_erased",
                "The personal data of this customer were erased, so it cannot be linked to a user."
            )
        }
        context.logger.info(
            "customer linked",
            metadata: ["by": "\(context.caller.name)", "outcome": "\(outcome)"]
        )
        // A customer that the store does not know, with no links stated, is answered with empty lists.
        return try await response(key, unlessKnown: CustomerLinks(key, [:]))
    }

    private func response(
        _ key: CustomerKey,
        unlessKnown unknown: CustomerLinks? = nil
    ) async throws -> Response {
        guard let links = try await map.links(of: key) ?? unknown else { throw APIError.notFound("customer") }
        return JSONBody.response(
            CustomerResponse(links, addresses: try await usage.accounts(of: key))
        )
    }
}

extension QueryReader {
    fileprivate mutating func identity(
        _ name: String,
        _ kind: Identity.Kind
    ) throws(APIError) -> Identity? {
        guard let id = text(name) else { return nil }
        guard let identity = Identity(kind, id) else {
            throw .invalid(name, "Give one id, of 1 to \(Identity.maximumLength) printable ASCII characters.")
        }
        return identity
    }
}
