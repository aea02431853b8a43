import Billing
import Storage
import StripeAPI
import Upkeep

/// Something that the service asks of Stripe's API, for which a restricted key needs a permission.
struct KeyPermission: Sendable {
    /// As Stripe's dashboard calls what may be read or written.
    let name: String
    /// The last part of the finding's name.
    let tag: String
    let writes: Bool
    /// Whether the service does its work without; what is lost then.
    let withoutIt: String?
    /// Asks for as little as there is, on behalf of an account.
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

    /// A list with the parameters that a backfill gives, of a time when Stripe had nothing yet.
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
            // Stripe looks at the permission before it looks for the charge, of which there is none of this name.
            do throws(StripeAPIError) {
                _ = try await client.emailReceipt(
                    ofCharge: "ch_console_billing_doctor",
                    to: "doctor@example.com",
                    // Another each time, or Stripe would repeat what it said before the key was mended.
                    idempotencyKey: "console-billing-doctor-\(UInt64.random(in: .min ... .max))",
                    account: account
                )
            } catch .notFound {}
        },
    ]

    /// What an answer says of the key; nil where it says nothing of this.
    func finding(_ error: StripeAPIError?) -> Finding? {
        let finding = "stripe.key.\(tag)"
        let deed = writes ? "write" : "read"
        switch error {
        case nil: return .good(finding, "The key may \(deed) \(name).")
        // The account, and not the permission, is what the key lacks.
        case .forbidden(let refusal) where refusal.code == "account_invalid": return nil
        case .forbidden(let refusal):
            let permissions = refusal.missingPermissions.joined(separator: " or ")
            let lack = "The key may not \(deed) \(name)\(permissions.isEmpty ? "" : " (\(permissions))")"
            let mend = "Give it \(deed) access in Stripe's dashboard (Developers → API keys)"
            guard let withoutIt else { return .bad(finding, "\(lack). \(mend).") }
            return .advice(finding, "\(lack): \(withoutIt). \(mend) to have that.")
        default: return nil
        }
    }
}
