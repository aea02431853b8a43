/// Customers that are shown as one: the one that was named, or all of one user's.
struct CustomerGroup: Sendable, Equatable {
    let ids: [String]
    /// An address that was vouched for; see ``UsageSubject``.
    let address: String?

    /// The one there is; what several have is added up, and is no one's.
    var named: String? { ids.count == 1 ? ids[0] : nil }

    var usage: UsageSubject { .customers(ids, address: address) }
}

extension Caller {
    /// The customer that is asked about, or all of the caller's own where none is named; `nil` where that says nothing.
    ///
    /// - Throws: ``APIError`` for a customer that the caller may not see.
    func customers(named customer: String?) throws(APIError) -> CustomerGroup? {
        guard maySee(customer: customer) || customer == nil else { throw .noSuch("customer") }
        switch reach {
        case .anyCustomer: return customer.map { CustomerGroup(ids: [$0], address: nil) }
        case .own(let own, let address):
            return CustomerGroup(ids: customer.map { [$0] } ?? own, address: address)
        }
    }
}
