/// A kind of object that Stripe's API serves under a path of its own.
struct Resource: Sendable {
    let path: String
    /// The objects' `object` member.
    let object: String
    /// The permission that a restricted key needs, without the `_read` or `_write` at its end.
    let permission: String
    /// The references that `expand[]` may turn into the objects they name, and the kind of those.
    var expandable: [String: String] = [:]
    /// The lists that `expand[]` adds to the object, with the kind of their elements; no version has them by
    /// default.
    var includable: [String: String] = [:]
    /// The `param` of Stripe's error when the object does not exist.
    var idParameter = "id"
    /// Whether there is a list of them.
    var isListed = true
    /// The members that the list can be narrowed by, apart from when they were made.
    var filters: [String] = []
    var isListedByCreated = true
    /// The date of the first version that has these, or that lists them by `created`, or expands them; nil for all.
    var since: String?
    var createdSince: String?
    var expandableSince: String?

    static let event = Resource(path: "/v1/events", object: "event", permission: "rak_event")
    static let charge = Resource(
        path: "/v1/charges",
        object: "charge",
        permission: "rak_charge",
        filters: ["customer", "payment_intent", "transfer_group"]
    )

    static let all = [
        event, charge,
        Resource(
            path: "/v1/payment_intents",
            object: "payment_intent",
            permission: "rak_payment_intent",
            expandable: ["latest_charge": "charge"],
            idParameter: "intent",
            filters: ["customer"],
            // https://docs.stripe.com/changelog/2022-11-15/removes-charges-attribute-paymentintent
            expandableSince: "2022-11-15"
        ),
        // One permission is for charges and refunds together.
        Resource(
            path: "/v1/refunds",
            object: "refund",
            permission: "rak_charge",
            filters: ["charge", "payment_intent"]
        ),
        Resource(
            path: "/v1/disputes",
            object: "dispute",
            permission: "rak_dispute",
            idParameter: "dispute",
            filters: ["charge", "payment_intent"]
        ),
        Resource(
            path: "/v1/invoices",
            object: "invoice",
            permission: "rak_invoice",
            // https://docs.stripe.com/api/invoices/object#invoice_object-payments
            includable: ["payments": "invoice_payment"],
            filters: ["collection_method", "customer", "status", "subscription"],
            // https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices
            expandableSince: "2025-03-31"
        ),
        Resource(
            path: "/v1/invoice_payments",
            object: "invoice_payment",
            permission: "rak_invoice",
            filters: ["invoice", "status"],
            // https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices
            since: "2025-03-31",
            // https://docs.stripe.com/changelog/clover/2025-11-17/invoice-payments-list-created
            createdSince: "2025-11-17"
        ),
        Resource(
            path: "/v1/customers",
            object: "customer",
            permission: "rak_customer",
            filters: ["email"]
        ),
        Resource(
            path: "/v1/checkout/sessions",
            object: "checkout.session",
            permission: "rak_checkout_session",
            filters: ["customer", "payment_intent", "status", "subscription"]
        ),
        Resource(
            path: "/v1/webhook_endpoints",
            object: "webhook_endpoint",
            permission: "rak_webhook",
            isListedByCreated: false
        ),
        Resource(
            path: "/v2/core/events",
            object: "v2.core.event",
            permission: "rak_event",
            isListed: false,
            // https://docs.stripe.com/changelog/acacia/2024-09-30/api-v2-thin-events
            since: "2024-09-30"
        ),
    ]

    static let account = Resource(
        path: "/v1/account",
        object: "account",
        permission: "rak_accounts_kyc_basic",
        isListed: false
    )

    var retrieveRoute: String { "GET \(path)/:id" }
    var listRoute: String { "GET \(path)" }
    var updateRoute: String { "POST \(path)/:id" }

    /// References that Stripe sends as ids unless it is asked to expand them, whatever the object.
    static let references = ["latest_charge", "charge", "payment_intent", "invoice"]

    /// Lists that older versions had inside an object, and that ours has only in lists of their own.
    static let inlineLists = ["charge": ["refunds"], "payment_intent": ["charges"], "invoice": ["payments"]]

    /// The member that a filter compares.
    static func member(_ name: String, of object: JSON) -> String? {
        // Since 2025-03-31 an invoice has its subscription with its parent.
        if name == "subscription", let parent = object["parent"]?["subscription_details"]?["subscription"] {
            return parent.string
        }
        return object[name]?.string ?? object[name]?["id"]?.string
    }
}
