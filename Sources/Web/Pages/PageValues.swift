import Billing

/// An amount on a page: a number for scripts, and a text that a script replaces by the reader's local format.
struct PageAmount: Equatable {
    /// The amount in the major unit: `12.5`, `-0.000123`.
    let number: String
    /// The currency code, such as `USD`.
    let code: String
    let text: String

    init(_ money: Money) {
        number = money.decimalText
        code = money.currency.code.uppercased()
        text = money.display
    }

    /// The number of decimal places, as many as a token has.
    ///
    /// All digits of an on-chain price times a price of AKT would be most of a page's size, and a reader
    /// would not see them.
    static let places = 6

    init(_ amount: ExactAmount, in currency: Currency = .usd) {
        number = amount.text(places: Self.places)
        code = currency.code.uppercased()
        text = Self.text(amount, in: currency)
    }

    /// An amount other than zero is never shown as zero.
    static func text(_ amount: ExactAmount, in currency: Currency = .usd) -> String {
        let rounded = amount.rounded(to: currency)
        guard rounded.minorUnits == 0, amount != .zero else { return rounded.display }
        let least = Money(minorUnits: 1, currency: currency).display
        return amount.isNegative ? ">-\(least)" : "<\(least)"
    }
}

/// A moment on a page: in UTC for scripts, and as text in the reader's time zone.
struct PageMoment: Equatable {
    /// The time in UTC: `2026-11-28T09:16:36Z`.
    let machine: String
    /// The text: `28 Nov 2026, 09:16`.
    let text: String

    init(_ instant: Instant, zone: LocalTime) {
        let utc = LocalTime.utc.text(instant)
        machine = utc.prefix(10) + "T" + utc.suffix(8) + "Z"
        let local = zone.text(instant)
        let date = CalendarDate(String(local.prefix(10)))?.readable ?? String(local.prefix(10))
        text = "\(date), \(local.dropFirst(11).prefix(5))"
    }
}

/// A day on a page, independent of the reader's time zone: days of usage are in UTC.
struct PageDay: Equatable {
    let machine: String
    let text: String

    init(_ date: CalendarDate) {
        machine = date.text
        text = date.readable
    }
}

extension CalendarDate {
    /// For example `28 Nov 2026`.
    var readable: String { "\(parts.day) \(monthName.prefix(3)) \(parts.year)" }

    /// For example `November`.
    var monthName: String {
        let names = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
        return names[Int(parts.month) - 1]
    }
}
