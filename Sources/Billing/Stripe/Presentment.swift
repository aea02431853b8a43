import JSON

/// The amount on a customer's statement for a payment in another currency: `presentment_details`.
///
/// Sent since 2025-03-31.basil for prices in the customer's currency (adaptive pricing,
/// <https://docs.stripe.com/payments/currencies/localize-prices/adaptive-pricing>).
package struct Presentment: Sendable, Equatable {
    package let money: Money

    package init(_ money: Money) { self.money = money }

    init?(_ json: JSONValue?) throws(JSONFieldError) {
        guard let json, let amount = try json.amount("presentment_amount"),
            let currency = try json.currency("presentment_currency")
        else { return nil }
        money = Money(minorUnits: amount, currency: currency)
    }

    func write(to json: inout JSONWriter) {
        json.member("presentment_amount", money.minorUnits)
        json.member("presentment_currency", money.currency.code)
    }
}
