package import Billing
package import Storage

extension UsageLedger {
    /// Sets the addresses of one customer.
    ///
    /// - Returns: Whether they changed.
    /// - Throws: ``AddressIsShared``
    package func setAccounts(_ accounts: [AccountPeriod], of customer: String) async throws -> Bool {
        switch try await setAccounts([AccountMap(customer: customer, accounts: accounts)]) {
        case .set(let changed): return changed == 1
        case .shared(let shared): throw AddressIsShared(shared: shared)
        }
    }
}

package struct AddressIsShared: Error {
    let shared: SharedAddress
}
