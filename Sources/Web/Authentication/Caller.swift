import Billing
import Storage

/// Who is asking, and what they may see.
struct Caller: Sendable {
    enum Reach: Sendable, Equatable {
        case anyCustomer
        /// What is theirs alone.
        ///
        /// `address` is what their usage is read at while no account map says otherwise.
        case own(customer: String, address: String?)
    }

    /// The name of a key; for the log, and never a credential.
    let name: String
    let scopes: Set<Scope>
    let reach: Reach

    func maySee(customer: String?) -> Bool {
        switch reach {
        case .anyCustomer: true
        case .own(let own, _): customer == own
        }
    }

    /// The filter as far as the caller may see: somebody who has a customer of their own need not name it.
    ///
    /// - Throws: ``APIError`` when the caller asks for rows it may not see.
    func bounding(_ filter: TransactionFilter) throws(APIError) -> TransactionFilter {
        guard case .own(let own, _) = reach else { return filter }
        var filter = filter
        filter.customer = filter.customer ?? own
        guard filter.customer == own else { throw .noSuch("customer") }
        return filter
    }
}
