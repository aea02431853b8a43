import Storage

/// Who is asking, and what they may see.
struct Caller: Sendable {
    /// The name of a key; for the log, and never a credential.
    let name: String
    let scopes: Set<Scope>
    /// Several customers where one user has several, none for a user who never paid.
    let reach: Reach
    /// The address that the caller's usage is read at while no account map says otherwise.
    let address: String?
    /// Whose budget their requests are of.
    let budget: LimitedCaller

    init(
        name: String,
        scopes: Set<Scope>,
        reach: Reach,
        address: String? = nil,
        budget: LimitedCaller
    ) {
        self.name = name
        self.scopes = scopes
        self.reach = reach
        self.address = address
        self.budget = budget
    }
}

extension Reach {
    /// The part of it that is one customer's; all of it where none is named.
    ///
    /// - Throws: ``APIError`` for a customer out of reach.
    func narrowed(toNamed customer: CustomerKey?) throws(APIError) -> Reach {
        guard let customer else { return self }
        guard includes(customer) else { throw .noSuch("customer") }
        return .customers([customer])
    }
}

extension QueryReader {
    /// The customer that `customer` names: of the connected account that `account` names, or else of our own.
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
