/// A call that Stripe's API supports only from some version on; each is declared beside its call, in
/// `Endpoints`.
///
/// Calls without a ``LeastVersion`` work in every version: they are older than 2024-09-30, and until then
/// Stripe added new resources and parameters to all versions (https://docs.stripe.com/upgrades,
/// "Backward-compatible changes"). Since then each addition comes with a dated version
/// (https://docs.stripe.com/api-versions).
package struct LeastVersion: Sendable {
    /// The call, such as `GET /v1/invoice_payments?created`.
    package let call: String
    package let version: StripeAPIVersion
    /// The page of Stripe's changelog that says so.
    package let source: String
    /// The service's behaviour without the call; `nil` if the service cannot work without it.
    package let withoutIt: String?

    init(_ call: String, _ version: String, source: String, withoutIt: String? = nil) {
        self.call = call
        self.version = StripeAPIVersion(known: version)
        self.source = source
        self.withoutIt = withoutIt
    }

    package static let all = [
        latestCharge, thinEvent, snapshotEvent, invoicePayments, invoicePaymentRecords, invoicePaymentsByTime,
        refundCustomer,
    ]

    /// Among the calls that the service cannot work without, the one that needs the newest version.
    package static let floor = all.filter { $0.withoutIt == nil }
        .reduce(invoicePayments) { $0.version.isOlder(than: $1.version) ? $1 : $0 }
}
