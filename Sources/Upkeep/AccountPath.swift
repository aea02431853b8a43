import Billing
import FoundationEssentials
import Storage
import StripeAPI

extension Store {
    /// How a key names an account that it asks on behalf of.
    ///
    /// An organisation's key reaches a connected account by way of its platform (`acct_platform/acct_connected`), which only
    /// the `context` of the account's events tells (https://docs.stripe.com/context). Other keys take the account alone.
    func path(to account: String?, for stripe: StripeClient) async throws(StoreError) -> String? {
        guard let account, stripe.needsAccount else { return account }
        let query = EventQuery(source: .webhook, account: account, limit: 1)
        guard let newest = try await entries(query)?.elements.first,
            let body = try await entry(id: newest.id)?.payload,
            let context = (try? JSONDecoder().decode(Placed.self, from: Data(body)))?.context,
            context.hasSuffix("/\(account)")
        else { return account }
        return context
    }
}

private struct Placed: Decodable { let context: String? }
