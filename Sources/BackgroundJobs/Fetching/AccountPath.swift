import Billing
import JSON
import Storage
import StripeAPI

extension Store {
    /// The text that names an account in the headers of a request made on its behalf.
    ///
    /// An organisation's key reaches a connected account through its platform:
    /// `acct_platform/acct_connected`. Only the `context` of that account's events holds this path
    /// (https://docs.stripe.com/context), so the newest one in the log is read. Other keys use the account id
    /// alone.
    func path(to account: String?, for stripe: StripeClient) async throws(StoreError) -> String? {
        guard let account, stripe.needsAccount else { return account }
        let query = EventQuery(source: .webhook, account: account, limit: 1)
        guard let newest = try await entries(query)?.elements.first,
            let body = try await entry(id: newest.id)?.payload,
            let context = try? JSONValue.read(body, { $0.string("context") }),
            context.hasSuffix("/\(account)")
        else { return account }
        return context
    }
}
