import Billing
import Storage

/// Who is asking, and what they may see.
struct Caller: Sendable {
    enum Reach: Sendable, Equatable {
        case anyCustomer
        /// What is theirs alone: several customers where one user has several, none where somebody never paid.
        ///
        /// `address` is what their usage is read at while no account map says otherwise.
        case own(customers: [String], address: String?)
    }

    /// The name of a key; for the log, and never a credential.
    let name: String
    let scopes: Set<Scope>
    let reach: Reach

    func maySee(customer: String?) -> Bool {
        switch reach {
        case .anyCustomer: true
        case .own(let own, _): customer.map(own.contains) ?? false
        }
    }

    /// The filter as far as the caller may see: somebody who has a customer of their own need not name it.
    ///
    /// - Throws: ``APIError`` when the caller asks for rows it may not see.
    func bounding(_ filter: TransactionFilter) throws(APIError) -> TransactionFilter {
        guard case .own(let own, _) = reach else { return filter }
        var filter = filter
        filter.customers = filter.customers ?? own
        guard filter.customers?.allSatisfy(own.contains) == true else { throw .noSuch("customer") }
        return filter
    }

    /// The caller as far as the user whom Console names beside its key goes (`X-User-Id`): that one's customers, all of
    /// them, and nobody else's.
    ///
    /// - Throws: ``APIError`` for a user who has none that the caller may see.
    func narrowed(to user: String?, in feed: any TransactionFeed) async throws -> Caller {
        guard let user else { return self }
        let customers = try await feed.customers(ofConsoleUser: user).filter { maySee(customer: $0) }
        guard !customers.isEmpty else { throw APIError.noSuch("customer") }
        var address: String?
        if case .own(_, let own) = reach { address = own }
        return Caller(name: name, scopes: scopes, reach: .own(customers: customers, address: address))
    }
}
