package import JSON

/// Money that was given to a customer, and not paid: a coupon, a bonus, or a correction by hand.
///
/// Stripe knows none of it, so this service records a credit as an event of its own, and the feed shows it as a
/// row.
package final class Credit: StripeObjectProtocol {
    package static let kind = ObjectKind.credit

    package enum Kind: String, Sendable, CaseIterable {
        case coupon
        /// Added by hand.
        case manual
        /// Given with a payment, and taken back if the payment is refunded whole.
        case bonus
        case trial
        case goodwill
    }

    /// Chosen by the caller, so that a repeated request gives the credit only once.
    package let id: String
    /// A customer of the platform account.
    package let customer: String
    package let kind: Kind
    /// Negative to take money back.
    package let money: Money
    package let created: Instant
    package let description: String?
    /// The invoice that the credit is told by: its row is the credit's.
    package let invoice: String?
    /// The payment that a bonus was given with.
    package let paymentIntent: String?

    package init(
        id: String,
        customer: String,
        kind: Kind,
        money: Money,
        created: Instant,
        description: String?,
        invoice: String? = nil,
        paymentIntent: String? = nil
    ) {
        self.id = id
        self.customer = customer
        self.kind = kind
        self.money = money
        self.created = created
        self.description = description
        self.invoice = invoice
        self.paymentIntent = paymentIntent
    }

    /// Whether both are the same credit; a repeated request may have another date and description.
    package func gives(theSameAs other: Credit) -> Bool {
        (id, customer, kind, money) == (other.id, other.customer, other.kind, other.money)
            && (invoice, paymentIntent) == (other.invoice, other.paymentIntent)
    }

    // MARK: As an object of the log

    package var links: [ObjectReference] {
        [
            invoice.map { ObjectReference(.invoice, $0) },
            paymentIntent.map { ObjectReference(.paymentIntent, $0) },
        ].compactMap(\.self)
    }

    package var expanded: [StripeObject] { [] }
    package var progress: [Int64] { [] }

    /// Reads what ``write(to:)`` writes.
    package convenience init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        try self.init(json, created: try json.requiredInstant("created"))
    }

    package func write(to json: inout JSONWriter) {
        json.member("amount", money.minorUnits)
        json.member("created", created.unixSeconds)
        json.member("currency", money.currency.code)
        json.member("customer", customer)
        json.member("description", description)
        json.member("id", id)
        json.member("invoice", invoice)
        json.member("kind", kind.rawValue)
        json.member("payment_intent", paymentIntent)
    }

    // MARK: As a request

    /// Reads `{"id","customer","kind","amount","currency","created"?,"description"?,"invoice"?,"payment_intent"?}`.
    ///
    /// - Parameters:
    ///   - json: The amount is in minor units, as in Stripe's API; `created` is a date, RFC 3339 in UTC, or
    ///     seconds since 1970. An id of an invoice of Stripe's names this invoice.
    ///   - now: The time of creation, if the JSON has none.
    /// - Throws: `JSONFieldError`.
    package convenience init(request json: JSONValue, now: Instant) throws(JSONFieldError) {
        try json.refuseMembers(
            otherThan: [
                "id", "customer", "kind", "amount", "currency", "created", "description", "invoice",
                "payment_intent",
            ]
        )
        let id = try json.required("id")
        if let prefix = Self.prefixesOfStripe.first(where: { id.string?.hasPrefix($0) == true }) {
            throw .wrong(id, "begins with \(prefix), as an object of Stripe's; choose another id")
        }
        if let suffix = Self.suffixesOfRows.first(where: { id.string?.hasSuffix($0) == true }) {
            throw .wrong(id, "ends with \(suffix), as a row that this service makes; choose another id")
        }
        guard id.string.map({ $0.utf8.count <= Self.maximumIDLength }) ?? true else {
            throw .wrong(id, "has more than \(Self.maximumIDLength) characters")
        }
        for (name, prefix) in [("invoice", "in_"), ("payment_intent", "pi_")] as [(StaticString, String)] {
            if let value = json[name], value.string?.hasPrefix(prefix) != true {
                throw .wrong(value, "is not an id of Stripe's that begins with \(prefix)")
            }
        }
        let created = try json.moment("created") ?? now
        if let told = json["created"], created > now.adding(seconds: 300) {
            throw .wrong(told, "is in the future")
        }
        try self.init(json, created: created)
    }

    /// Whether an invoice and a payment that it names can be Stripe's, and its amount and currency can be.
    package var isSound: Bool {
        let invoiceIsOne = invoice.map { $0.hasPrefix("in_") && StripeID.isValid($0) } ?? true
        let paymentIsOne = paymentIntent.map { $0.hasPrefix("pi_") && StripeID.isValid($0) } ?? true
        return invoiceIsOne && paymentIsOne && money.minorUnits.magnitude < Self.amountLimit
            && Currency(parsing: money.currency.code) != nil
    }

    // Stripe's limit is twelve digits
    // (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
    private static let amountLimit: UInt64 = 1_000_000_000_000

    /// The ids of rows beside the one that they are about.
    private static let suffixesOfRows = ["_revoked", "_credit"]

    /// Leaves room for the prefix of the event's id.
    private static let maximumIDLength = 240

    /// The ids of rows that are derived from objects of Stripe's.
    private static let prefixesOfStripe = ["pi_", "ch_", "py_", "re_", "pyr_", "dp_", "du_"]

    private convenience init(_ json: JSONValue, created: Instant) throws(JSONFieldError) {
        let id = try json.identity("id")
        let name = try json.required("kind")
        guard let kind = name.string.flatMap(Kind.init) else {
            throw .wrong(name, "is none of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let amount = try json.required("amount")
        guard let minorUnits = amount.integer, minorUnits != 0, minorUnits.magnitude < Self.amountLimit
        else {
            throw .wrong(
                amount,
                "is not a whole number of minor units, of at most 12 digits and other than 0"
            )
        }
        let code = try json.required("currency")
        guard let currency = code.string.flatMap(Currency.init(parsing:)) else {
            throw .wrong(code, "is not a currency code, such as usd")
        }
        let invoice = json["invoice"] == nil ? nil : try json.identity("invoice")
        self.init(
            id: id,
            customer: try json.identity("customer"),
            kind: kind,
            money: Money(minorUnits: minorUnits, currency: currency),
            created: created,
            description: try json.label("description"),
            invoice: invoice ?? (id.hasPrefix("in_") ? id : nil),
            paymentIntent: json["payment_intent"] == nil ? nil : try json.identity("payment_intent")
        )
    }
}

extension Credit: Equatable {
    package static func == (left: Credit, right: Credit) -> Bool {
        left.gives(theSameAs: right) && (left.created, left.description) == (right.created, right.description)
    }
}

extension Credit {
    package static let eventType = "credit.given"

    /// The event that records the credit; its id follows from the credit's.
    ///
    /// - Parameter livemode: Whether the service is in live mode, which a credit does not say.
    /// - Returns: JSON, in the form of Stripe's events.
    package func event(livemode: Bool) -> [UInt8] {
        JSONWriter.object { json in
            json.member("created", created.unixSeconds)
            json.object("data") { json in
                json.object("object") { write(to: &$0) }
            }
            json.member("id", Self.eventIDPrefix + id)
            json.member("livemode", livemode)
            json.member("object", "event")
            json.member("type", Self.eventType)
        }
    }

    package static let eventIDPrefix = "evt_credit_"
}
