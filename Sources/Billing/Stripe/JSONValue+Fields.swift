import JSON

/// Reads Stripe's JSON: strictly for money and ids, leniently for fields that only decorate a row.
///
/// A null field reads as an absent one.
extension JSONValue {
    // MARK: Lenient: an absent field, or one of an unknown form, does not affect the row

    /// Text for readers.
    ///
    /// NUL is replaced, because databases and terminals do not handle it.
    func text(_ key: StaticString) -> String? {
        string(key).map(Self.withoutNUL)
    }

    private static func withoutNUL(_ text: String) -> String {
        text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
    }

    /// Whether Console made the payment only to check a card: a PaymentIntent of $1 that it cancels at once.
    ///
    /// It did so from 2025-09-17 to 2026-08-03 (akash-network/console). Stripe copies the metadata to the
    /// charge.
    func isCardValidation(_ rendering: Rendering) -> Bool {
        rendering.isStored
            ? bool("card_validation") == true
            : self["metadata"]?.string("type") == "payment_method_validation"
    }

    // MARK: Strict

    /// A required text, such as a state, with NUL replaced as in ``text(_:)``.
    func requiredText(_ key: StaticString) throws(JSONFieldError) -> String {
        Self.withoutNUL(try requiredString(key))
    }

    /// An id, or a text that we use as an id.
    func identity(_ key: StaticString) throws(JSONFieldError) -> String {
        try required(key).identity()
    }

    /// This value as an id.
    func identity() throws(JSONFieldError) -> String {
        guard let id = string else { throw .wrong(self, "is not a String") }
        guard StripeID.isValid(id) else { throw .wrong(self, "is not an id") }
        return id
    }

    /// An amount that may be absent; if present it must be a whole number of minor units.
    func amount(_ key: StaticString) throws(JSONFieldError) -> Int64? {
        self[key] == nil ? nil : try requiredAmount(key)
    }

    /// A required amount.
    func requiredAmount(_ key: StaticString) throws(JSONFieldError) -> Int64 {
        let value = try required(key)
        guard let amount = value.integer, amount >= 0 else { throw .wrong(value, "is not an amount") }
        guard amount <= Money.largestTold else { throw .wrong(value, "is an amount over 10^13") }
        return amount
    }

    /// An amount that may be negative; `nil` if it is not a whole number.
    func signedAmount(_ key: StaticString) throws(JSONFieldError) -> Int64? {
        guard let value = self[key], let amount = value.integer else { return nil }
        guard amount.magnitude <= Money.largestTold.magnitude else {
            throw .wrong(value, "is an amount beyond 10^13")
        }
        return amount
    }

    /// A count; `nil` if it is not a valid one.
    func count(_ key: StaticString) -> Int64? {
        self[key]?.integer.flatMap { 0...Money.largestTold ~= $0 ? $0 : nil }
    }

    func currency(_ key: StaticString) throws(JSONFieldError) -> Currency? {
        self[key] == nil ? nil : try requiredCurrency(key)
    }

    func requiredCurrency(_ key: StaticString) throws(JSONFieldError) -> Currency {
        guard let currency = Currency(parsing: try requiredText(key)) else {
            throw .wrong(try required(key), "is not a currency code")
        }
        return currency
    }

    func instant(_ key: StaticString) throws(JSONFieldError) -> Instant? {
        self[key] == nil ? nil : try requiredInstant(key)
    }

    func requiredInstant(_ key: StaticString) throws(JSONFieldError) -> Instant {
        let value = try required(key)
        guard let instant = value.integer.flatMap(Instant.init(dated:)) else {
            throw .wrong(value, "is not a time")
        }
        return instant
    }

    /// A reference that may be absent, null, an id or the expanded object.
    func reference<Object>(
        _ key: StaticString,
        _ rendering: Rendering
    ) throws(JSONFieldError) -> Expandable<Object>? {
        guard let value = self[key] else { return nil }
        return try Expandable(value, rendering)
    }

    /// The elements of one of Stripe's lists; an event contains only the first page.
    func list<Element: StripeObjectProtocol>(
        _ key: StaticString,
        _ rendering: Rendering
    ) throws(JSONFieldError) -> [Element]? {
        guard let list = self[key] else { return nil }
        // Before API version 2014-06-17 the refunds of a charge were the elements themselves.
        let data = list.elements == nil ? try list.required("data") : list
        guard let elements = data.elements else { throw .wrong(data, "is not a list") }
        var objects: [Element] = []
        for element in elements { objects.append(try element.object(rendering.inside)) }
        return objects
    }

    /// This value as an object of Stripe.
    func object<Object: StripeObjectProtocol>(
        _ rendering: Rendering
    ) throws(JSONFieldError) -> Object {
        guard isObject else { throw .wrong(self, "is not an object") }
        return try Object(self, rendering)
    }
}
