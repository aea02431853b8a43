package import Billing
import JSON
package import StripeAPI
import Synchronization

/// Fetches fresh receipt links from Stripe; requests for the same one within ten seconds share one call.
package final class ReceiptFetcher: ReceiptSource {
    private let stripe: StripeClient
    private let hosts: ReceiptHosts
    private let clock: @Sendable () -> Instant
    private let flights = SingleFlight<ReceiptTarget, ReceiptURL, ReceiptUnavailable>()
    private let kept = Mutex(KeptReceipts())

    /// The timeouts of `stripe` must suit a person who waits for a page.
    package init(stripe: StripeClient, hosts: ReceiptHosts, clock: @escaping @Sendable () -> Instant) {
        self.stripe = stripe
        self.hosts = hosts
        self.clock = clock
    }

    package func freshURL(for target: ReceiptTarget) async throws(ReceiptUnavailable) -> ReceiptURL {
        let now = clock()
        if let url = kept.withLock({ $0.url(for: target, now: now) }) { return url }
        return try await flights.answer(to: target) { () async throws(ReceiptUnavailable) -> ReceiptURL in
            let url = try await self.fetch(target)
            self.kept.withLock { $0.keep(url, for: target, now: now) }
            return url
        }
    }

    private func fetch(_ target: ReceiptTarget) async throws(ReceiptUnavailable) -> ReceiptURL {
        if let invoice = target.invoice,
            let document = try? await invoiceLinks(invoice, account: target.account).pdf
        {
            return try allowed(document)
        }
        switch target.object.kind {
        case .charge:
            let body = try await ask { () async throws(StripeAPIError) in
                try await self.stripe.charge(target.object.id, account: target.account)
            }
            return try allowed(try read(body) { $0.string("receipt_url") })
        case .paymentIntent:
            let body = try await ask { () async throws(StripeAPIError) in
                try await self.stripe.paymentIntent(target.object.id, account: target.account)
            }
            return try allowed(try read(body) { $0["latest_charge"]?.string("receipt_url") })
        case .invoice:
            return try allowed(try await invoiceLinks(target.object.id, account: target.account).page)
        case .refund, .dispute, .checkoutSession, .invoicePayment, .customer, .earlyFraudWarning, .review,
            .credit:
            throw ReceiptUnavailable("a \(target.object.kind.rawValue) has no receipt of its own")
        }
    }

    private func invoiceLinks(
        _ id: String,
        account: String?
    ) async throws(ReceiptUnavailable) -> (page: String?, pdf: String?) {
        let body = try await ask { () async throws(StripeAPIError) in
            try await self.stripe.invoice(id, account: account)
        }
        return try read(body) { invoice in
            let pdf = invoice.string("invoice_pdf")
            return (invoice.string("hosted_invoice_url") ?? pdf, pdf)
        }
    }

    private func ask(
        _ request: () async throws(StripeAPIError) -> [UInt8]
    ) async throws(ReceiptUnavailable) -> [UInt8] {
        do {
            return try await request()
        } catch {
            throw ReceiptUnavailable("\(error)")
        }
    }

    private func read<Value>(
        _ body: [UInt8],
        _ value: (JSONValue) -> Value
    ) throws(ReceiptUnavailable) -> Value {
        do {
            return try JSONValue.read(body, value)
        } catch {
            throw ReceiptUnavailable("Stripe's answer cannot be read")
        }
    }

    private func allowed(_ link: String?) throws(ReceiptUnavailable) -> ReceiptURL {
        guard let link else { throw ReceiptUnavailable("Stripe has no receipt for it") }
        guard let url = ReceiptURL(link, allowing: hosts) else {
            throw ReceiptUnavailable("Stripe's link leads to a host that RECEIPT_HOSTS does not name")
        }
        return url
    }
}
