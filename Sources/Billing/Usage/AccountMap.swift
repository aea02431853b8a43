package import JSON

/// The addresses on chain of a customer, with their periods.
package struct AccountMap: Hashable, Sendable {
    package let customer: String
    package let accounts: [AccountPeriod]

    package init(customer: String, accounts: [AccountPeriod]) {
        self.customer = customer
        self.accounts = accounts
    }

    /// Reads `{"customer":"cus_…","accounts":[{"address","valid_from","valid_to"}]}`.
    ///
    /// A time is `YYYY-MM-DD`, RFC 3339 in UTC, or seconds since 1970, and a midnight in UTC: the calendar does not
    /// say which of a day's blocks was made at noon. `valid_to` is exclusive: the first day after the period.
    package init(_ json: JSONValue) throws(JSONFieldError) {
        try json.refuseMembers(otherThan: ["customer", "accounts"])
        customer = try json.identity("customer")
        let list = try json.required("accounts")
        guard let elements = list.elements, elements.count <= 1000 else {
            throw .wrong(list, "is not a list of at most 1000 accounts")
        }
        var accounts: [AccountPeriod] = []
        for element in elements {
            try element.refuseMembers(otherThan: ["address", "valid_from", "valid_to"])
            let address = try element.chainName("address")
            let from = try element.midnight("valid_from")
            let end = try element.midnight("valid_to")
            if let from, let end, end <= from {
                throw .wrong(try element.required("valid_to"), "is not after valid_from")
            }
            accounts.append(
                AccountPeriod(address: address, from: from, through: end.map { $0.adding(days: -1) })
            )
        }
        self.accounts = accounts
    }
}

extension AccountMap {
    /// The days between two periods on which the customer has no address, ascending.
    package var gaps: [ClosedRange<CalendarDate>] {
        var gaps: [ClosedRange<CalendarDate>] = []
        var last: CalendarDate?
        for account in accounts.sorted(by: { ($0.from?.dayNumber ?? .min) < ($1.from?.dayNumber ?? .min) }) {
            if let next = last?.adding(days: 1), let from = account.from, next < from {
                gaps.append(next...from.adding(days: -1))
            }
            // A period without an end leaves no gap after it.
            guard let through = account.through else { break }
            last = max(last ?? through, through)
        }
        return gaps
    }
}

extension JSONValue {
    /// A midnight in UTC, as the day that it begins.
    fileprivate func midnight(_ key: StaticString) throws(JSONFieldError) -> CalendarDate? {
        guard let moment = try moment(key) else { return nil }
        let date = CalendarDate(moment)
        guard date.beginning == moment else {
            throw .wrong(
                try required(key),
                "is not midnight UTC: an address changes hands between two days, such as at 2026-11-25T00:00:00Z"
            )
        }
        return date
    }

    /// A time: a date, which means its first second in UTC, a moment in RFC 3339, or seconds since 1970.
    func moment(_ key: StaticString) throws(JSONFieldError) -> Instant? {
        guard let value = self[key] else { return nil }
        if let moment = value.integer.flatMap(Instant.init(dated:)) { return moment }
        guard let text = value.string, let moment = CalendarDate(text)?.beginning ?? Instant(rfc3339: text)
        else {
            throw .wrong(
                value,
                "is neither a date such as 2026-11-25 nor a time such as 2026-11-25T12:00:00Z"
            )
        }
        return moment
    }
}
