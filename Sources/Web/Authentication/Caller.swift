import Storage

/// The caller of a request, and the customers that the caller may see.
struct Caller: Sendable {
    /// The name of the key or the kind of the credential, for the log; never a secret.
    let name: String
    let scopes: Set<Scope>
    /// The customers that the caller may see: several if one user has several, none for a user without
    /// payments.
    let accessScope: AccessScope
    /// The address on chain whose usage the caller may read, as long as no account map says otherwise.
    var address: String?
    /// The rate limit that the caller's requests are charged to.
    let budget: LimitedCaller

    static let none = Caller(name: "none", scopes: [], accessScope: .customers([]), budget: .stranger(nil))
}

extension AccessScope {
    /// The access scope restricted to one customer; unchanged if `customer` is `nil`.
    ///
    /// - Throws: ``APIError`` for a customer outside the access scope.
    func restricted(toNamed customer: CustomerKey?) throws(APIError) -> AccessScope {
        guard let customer else { return self }
        guard includes(customer) else { throw .notFound("customer") }
        return .customers([customer])
    }
}

extension QueryReader {
    /// The customer in the parameter `customer`: of the connected account in `account`, or of the platform
    /// account.
    mutating func customer() throws(APIError) -> CustomerKey? {
        let account = try identifier("account")
        guard let customer = try identifier("customer") else {
            guard account == nil else {
                throw .invalid("account", "Name the customer too: an account alone is no filter.")
            }
            return nil
        }
        return CustomerKey(customer, account: account)
    }
}
