package import JSON

/// Money given to a customer to spend: a coupon, a bonus, or a correction by hand.
package struct Credit: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case coupon
        case manual
        case bonus
    }

    /// Chosen by the caller, so that a repeated request gives the credit only once.
    package let id: String
    package let customer: String
    package let kind: Kind
    /// Negative to take money back.
    package let money: Money
    package let created: Instant
    package let description: String?

    package init(
        id: String,
        customer: String,
        kind: Kind,
        money: Money,
        created: Instant,
        description: String?
    ) {
        self.id = id
        self.customer = customer
        self.kind = kind
        self.money = money
        self.created = created
        self.description = description
    }
}

extension Credit {
    /// Whether both are the same credit; a repeated request may have another date and description.
    package func gives(theSameAs other: Credit) -> Bool {
        (id, customer, kind, money) == (other.id, other.customer, other.kind, other.money)
    }

    /// Reads `{"id","customer","kind","amount","currency","created"?,"description"?}`.
    ///
    /// - Parameters:
    ///   - json: The amount is in minor units, as in Stripe's API; `created` is a date, RFC 3339 in UTC, or
    ///     seconds since 1970.
    ///   - now: The time of creation, if the JSON has none.
    /// - Throws: `JSONFieldError`.
    package init(_ json: JSONValue, now: Instant) throws(JSONFieldError) {
        try json.refuseMembers(
            otherThan: ["id", "customer", "kind", "amount", "currency", "created", "description"]
        )
        id = try json.identity("id")
        customer = try json.identity("customer")
        let name = try json.required("kind")
        guard let kind = name.string.flatMap(Kind.init) else {
            throw .wrong(name, "is none of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.kind = kind
        let amount = try json.required("amount")
        // Stripe's limit is twelve digits
        // (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
        guard let minorUnits = amount.integer, minorUnits != 0, minorUnits.magnitude < 1_000_000_000_000
        else {
            throw .wrong(
                amount,
                "is not a whole number of minor units, of at most 12 digits and other than 0"
            )
        }
        let code = try json.required("currency")
        guard let text = code.string, text.utf8.count == 3, text.utf8.allSatisfy({ 0x61...0x7A ~= $0 | 0x20 })
        else {
            throw .wrong(code, "is not a three-letter currency code, such as usd")
        }
        money = Money(minorUnits: minorUnits, currency: Currency(text))
        created = try json.moment("created") ?? now
        description = try json.label("description")
    }
}
