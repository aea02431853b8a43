package import Billing
import JSON
package import StripeAPI

/// Fetches PaymentIntents from Stripe; concurrent requests for the same one share one call.
package final class PaymentIntentFetcher: PaymentIntentSource {
    private struct Question: Hashable {
        let id: String
        let account: String?
    }

    private let stripe: StripeClient
    private let flights = SingleFlight<Question, PaymentIntent, PaymentIntentUnavailable>()

    /// - Parameter stripe: Its timeouts must suit a person who waits for a page.
    package init(stripe: StripeClient) { self.stripe = stripe }

    package func freshIntent(
        _ id: String,
        account: String?
    ) async throws(PaymentIntentUnavailable) -> PaymentIntent {
        try await flights.answer(to: Question(id: id, account: account)) {
            () async throws(PaymentIntentUnavailable) in
            try await self.fetch(id, account)
        }
    }

    private func fetch(
        _ id: String,
        _ account: String?
    ) async throws(PaymentIntentUnavailable) -> PaymentIntent {
        let body: [UInt8]
        do {
            body = try await stripe.paymentIntent(id, expandingLatestCharge: false, account: account)
        } catch {
            throw PaymentIntentUnavailable("\(error)")
        }
        do {
            return try body.withUnsafeBufferPointer { bytes in
                try JSONValue.read(bytes) { try PaymentIntent($0, Rendering(version: nil)) }
            }
        } catch {
            throw PaymentIntentUnavailable("Stripe's answer cannot be read")
        }
    }
}
