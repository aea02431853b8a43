/// A call that Stripe's API answers only from some version on; each stands beside the call, in `Endpoints`.
///
/// Calls without one work in every version: they are older than 2024-09-30, and until then Stripe gave new resources and
/// parameters to all versions (https://docs.stripe.com/upgrades, "Backward-compatible changes"). Since then each comes with
/// a dated version (https://docs.stripe.com/api-versions).
package struct LeastVersion: Sendable {
    /// What is asked, such as `GET /v1/invoice_payments?created`.
    package let call: String
    package let version: StripeAPIVersion
    /// Where Stripe says so.
    package let source: String
    /// What becomes of the work without the call; `nil` where the service cannot do without it.
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

    /// The call that needs the newest version of those that the service cannot do without.
    package static let floor = all.filter { $0.withoutIt == nil }
        .reduce(invoicePayments) { $0.version.isOlder(than: $1.version) ? $1 : $0 }
}
