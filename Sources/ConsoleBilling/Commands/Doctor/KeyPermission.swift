import Billing
import Storage
import StripeAPI
import BackgroundJobs

/// A permission at Stripe that a restricted key needs.
struct KeyPermission: Sendable {
    /// The name of the resource in Stripe's dashboard.
    let name: String
    /// The last part of the result's name.
    let tag: String
    let writes: Bool
    /// The loss without the permission; `nil` if the service cannot work without it.
    let withoutIt: String?
    /// Makes the smallest request that needs the permission, on behalf of an account.
    let ask: @Sendable (StripeClient, String?) async throws(StripeAPIError) -> Void

    private static func reading(
        _ name: String,
        _ tag: String,
        withoutIt: String? = nil,
        _ listing: StripeListing?
    ) -> KeyPermission {
        KeyPermission(name: name, tag: tag, writes: false, withoutIt: withoutIt) {
            client,
            account async throws(StripeAPIError) in
            guard let listing else { return }
            _ = try await client.page(of: listing, StripePaging(limit: 1), account: account)
        }
    }

    /// The list request of a backfill, for a period before Stripe existed, so that it is empty.
    private static func reading(
        _ name: String,
        _ collection: ListProgress.Collection,
        types: [String] = []
    ) -> KeyPermission {
        let list = ListProgress(
            collection,
            types: types,
            isUndelivered: collection == .events,
            from: Instant(unixSeconds: 0),
            through: Instant(unixSeconds: 1)
        )
        return reading(name, collection.rawValue, list.listing)
    }

    static let all = [
        reading("Events", .events, types: Array(EventFamily.projectedTypes.prefix(StripeListing.maxTypes))),
        reading("Charges", .charges), reading("PaymentIntents", .paymentIntents),
        reading("Refunds (with Charges)", .refunds), reading("Disputes", .disputes),
        reading("Invoices", .invoices), reading("Invoice Payments (with Invoices)", .invoicePayments),
        reading("Customers", .customers),
        reading(
            "Webhook Endpoints",
            "webhook_endpoints",
            withoutIt: "this command cannot look at the endpoint",
            .webhookEndpoints
        ),
        KeyPermission(
            name: "Charges",
            tag: "charges.write",
            writes: true,
            withoutIt: "receipts cannot be e-mailed"
        ) { client, account async throws(StripeAPIError) in
            // Stripe checks the permission before it looks for the charge, and no charge has this id.
            do throws(StripeAPIError) {
                _ = try await client.emailReceipt(
                    ofCharge: "ch_console_billing_doctor",
                    to: "doctor@example.com",
                    // A new key each time: Stripe would replay its earlier answer after the permission is
                    // granted.
                    idempotencyKey: "console-billing-doctor-\(UInt64.random(in: .min ... .max))",
                    account: account
                )
            } catch .notFound {}
        },
    ]

    /// The result for a request's error; `nil` if the error says nothing about the permission.
    func result(_ error: StripeAPIError?) -> CheckResult? {
        let result = "stripe.key.\(tag)"
        let deed = writes ? "write" : "read"
        switch error {
        case nil: return .good(result, "The key may \(deed) \(name).")
        // The key cannot reach the account; this says nothing about the permission.
        case .forbidden(let refusal) where refusal.code == "account_invalid": return nil
        case .forbidden(let refusal):
            let permissions = refusal.missingPermissions.joined(separator: " or ")
            let lack = "The key may not \(deed) \(name)\(permissions.isEmpty ? "" : " (\(permissions))")"
            let mend = "Give it \(deed) access in Stripe's dashboard (Developers → API keys)"
            guard let withoutIt else { return .bad(result, "\(lack). \(mend).") }
            return .advice(result, "\(lack): \(withoutIt). \(mend) to have that.")
        default: return nil
        }
    }
}
