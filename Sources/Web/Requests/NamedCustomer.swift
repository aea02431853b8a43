import Storage

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
