import Billing
package import Storage

extension InMemoryStore {
    package func customers(of identity: Identity) async throws(StoreError) -> [CustomerKey] {
        try with("finding a customer") { state in
            allCustomers(state).filter { customer in
                links(of: customer, state).links.contains { $0.identity == identity && $0.isInForce }
            }
            .sorted { ($0.account ?? "", $0.customer) < ($1.account ?? "", $1.customer) }
        }
    }

    package func links(of customer: CustomerKey) async throws(StoreError) -> CustomerLinks? {
        try with("reading links") { state in
            let isNamed =
                rows(&state).contains { $0.owner == customer }
                || customer.account == nil && state.usage.accounts[customer.customer]?.isEmpty == false
            guard isNamed || allCustomers(state).contains(customer) else { return nil }
            return links(of: customer, state)
        }
    }

    package func put(
        _ stated: StatedLinks,
        of customer: CustomerKey,
        from origin: LinkOrigin
    ) async throws(StoreError) -> LinkOutcome {
        try with("storing links") { state in
            guard !state.marks.ids(of: customer).contains(customer.customer) else { return .erased }
            let before = state.links[customer]?[origin] ?? [:]
            state.links[customer, default: [:]][origin] = stated.isEmpty ? nil : stated
            return before == stated ? .unchanged : .changed
        }
    }

    package func customers(
        in account: String?,
        after customer: String?,
        limit: Int
    ) async throws(StoreError) -> [CustomerKey] {
        try with("listing customers") { state in
            let ids = allCustomers(state).filter { $0.account == account }.map(\.customer)
            return ids.filter { $0 > customer ?? "" }.sorted().prefix(limit).map {
                CustomerKey($0, account: account)
            }
        }
    }

    /// The customers that Stripe showed, and those with links that were set.
    private func allCustomers(_ state: State) -> Set<CustomerKey> {
        let told = Set(state.events.map(\.entry.account)).flatMap { account in
            known(account: account, state).values.compactMap { record in
                record.reference.kind == .customer && record.snapshot != nil
                    ? CustomerKey(record.reference.id, account: account) : nil
            }
        }
        return state.links.filter { !$0.value.isEmpty }.reduce(into: Set(told)) { $0.insert($1.key) }
    }

    private func links(of customer: CustomerKey, _ state: State) -> CustomerLinks {
        var stated = state.links[customer] ?? [:]
        let record = known(account: nil, state)[ObjectReference(.customer, customer.customer)]
        if customer.account == nil, case .customer(let told) = record?.snapshot?.object,
            let user = told.consoleUser
        {
            stated[.stripe] = [.user: [user]]
        }
        return CustomerLinks(customer, stated)
    }
}
