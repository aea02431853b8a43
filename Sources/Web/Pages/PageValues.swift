import Billing

/// An amount on a page: the number for machines, and what a reader sees until a script writes it as is usual
/// where the reader is.
struct PageAmount: Equatable {
    /// In the major unit: `12.5`, `-0.000123`.
    let number: String
    /// `USD`.
    let code: String
    let text: String

    init(_ money: Money) {
        number = money.decimalText
        code = money.currency.code.uppercased()
        text = money.display
    }

    /// As fine as a token is, which is finer than anybody sees; all digits of a price on chain times a price of AKT
    /// would be the larger part of a page.
    static let places = 6

    init(_ amount: ExactAmount, in currency: Currency = .usd) {
        number = amount.text(places: Self.places)
        code = currency.code.uppercased()
        text = Self.text(amount, in: currency)
    }

    /// What is more than nothing is never shown as nothing.
    static func text(_ amount: ExactAmount, in currency: Currency = .usd) -> String {
        let rounded = amount.rounded(to: currency)
        guard rounded.minorUnits == 0, amount != .zero else { return rounded.display }
        let least = Money(minorUnits: 1, currency: currency).display
        return amount.isNegative ? ">-\(least)" : "<\(least)"
    }
}

/// A moment on a page: for machines, and for a reader in some zone.
struct PageMoment: Equatable {
    /// `2026-11-28T09:16:36Z`.
    let machine: String
    /// `28 Nov 2026, 09:16`.
    let text: String

    init(_ instant: Instant, zone: LocalTime) {
        let utc = LocalTime.utc.text(instant)
        machine = utc.prefix(10) + "T" + utc.suffix(8) + "Z"
        let local = zone.text(instant)
        let date = CivilDate(String(local.prefix(10)))?.readable ?? String(local.prefix(10))
        text = "\(date), \(local.dropFirst(11).prefix(5))"
    }
}

/// A day on a page, whatever the zone of the reader: days of usage are UTC's.
struct PageDay: Equatable {
    let machine: String
    let text: String

    init(_ date: CivilDate) {
        machine = date.text
        text = date.readable
    }
}

extension CivilDate {
    /// `28 Nov 2026`.
    var readable: String { "\(parts.day) \(monthName.prefix(3)) \(parts.year)" }

    /// `November`.
    var monthName: String {
        let names = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
        return names[Int(parts.month) - 1]
    }
}
