package import JSON

/// One day of the chain: its blocks, and the price of AKT.
package struct CalendarDay: Hashable, Sendable {
    /// In UTC, as in the chain's indexer.
    package let date: CalendarDate
    package let firstHeight: Int64
    /// `nil` until the day is over.
    package let lastHeight: Int64?
    /// The last height of the day that is indexed.
    package let lastHeightYet: Int64
    /// `nil` if unknown, which does not mean a price of 0.
    package let aktPrice: AKTPrice?
    package let priceSource: String?
    /// Whether the day's last block is indexed: such a day never changes.
    package let isFinal: Bool

    package init(
        date: CalendarDate,
        firstHeight: Int64,
        lastHeight: Int64?,
        lastHeightYet: Int64,
        aktPrice: AKTPrice?,
        priceSource: String? = nil,
        isFinal: Bool
    ) {
        self.date = date
        self.firstHeight = firstHeight
        self.lastHeight = lastHeight
        self.lastHeightYet = lastHeightYet
        self.aktPrice = aktPrice
        self.priceSource = priceSource
        self.isFinal = isFinal
    }

    /// The blocks of the day that are indexed, as a half-open range; later ones do not count yet.
    package var heights: Range<Int64> { firstHeight..<max(firstHeight, lastHeightYet &+ 1) }

    /// From the first block of the day to the last that is known, indexed or not, as a half-open range.
    package var extent: Range<Int64> { firstHeight..<max(firstHeight, (lastHeight ?? lastHeightYet) &+ 1) }

    /// An upper bound of the blocks in a day: one per millisecond.
    package static let maximumBlocks: Int64 = 86_400_000
}

extension CalendarDay {
    /// Reads a day from outside the service.
    ///
    /// - Parameter json: The day. A misspelt `akt_usd` would leave a final day without a price, so members that a
    ///   day does not have are refused.
    /// - Throws: `JSONFieldError` that names the member.
    package init(_ json: JSONValue) throws(JSONFieldError) {
        try json.refuseMembers(otherThan: [
            "akt_usd", "date", "final", "first_height", "last_height", "last_height_yet", "price_source",
        ])
        date = try json.requiredDate("date")
        firstHeight = try json.requiredHeight("first_height")
        lastHeight = try json.height("last_height")
        guard let yet = try json.height("last_height_yet") ?? lastHeight else {
            throw .missing("last_height_yet", in: json)
        }
        lastHeightYet = yet
        let end = try json.required(lastHeight == nil ? "last_height_yet" : "last_height")
        let last = lastHeight ?? yet
        guard last >= firstHeight &- 1, last &- firstHeight < Self.maximumBlocks else {
            throw .wrong(end, "is not a height of the day that begins at first_height")
        }
        guard yet <= last else { throw .wrong(end, "lies before last_height_yet") }
        aktPrice = try json.aktPrice("akt_usd")
        priceSource = try json.label("price_source")
        isFinal = try json.flag("final")
        guard !isFinal || lastHeight == yet else {
            throw .wrong(end, "is not indexed, and the day is said to be final")
        }
    }
}

extension CalendarDay {
    /// Reads a day from outside the service.
    ///
    /// - Parameters:
    ///   - json: The day.
    ///   - today: The current day in UTC. A later day has no blocks yet, and one with a mistyped year would stay for
    ///     good; a day may be ahead of this clock by one, and be final as soon as it is today's.
    /// - Throws: `JSONFieldError` that names the member.
    package init(sent json: JSONValue, today: CalendarDate) throws(JSONFieldError) {
        try self.init(json)
        guard date <= (isFinal ? today : today.adding(days: 1)) else {
            throw .wrong(try json.required("date"), "has not come yet: it is \(today.text) in UTC")
        }
    }
}

/// The effect of a new day on the calendar.
package enum CalendarRevision: Hashable, Sendable {
    case unchanged
    case changed(CalendarDay)
    /// The new day contradicts the known final day, which stays.
    case contradicted(CalendarContradiction)

    /// Decides the effect: a final day does not change, except that a missing price is added.
    package static func decide(_ day: CalendarDay, known: CalendarDay?) -> CalendarRevision {
        guard let known, known != day else { return known == nil ? .changed(day) : .unchanged }
        guard known.isFinal else {
            // Records arrive in any order, so a day never loses heights that are indexed.
            return day.isFinal || day.lastHeightYet >= known.lastHeightYet ? .changed(day) : .unchanged
        }
        if let contradiction = CalendarContradiction(day, known: known) {
            return .contradicted(contradiction)
        }
        guard known.aktPrice == nil, day.aktPrice != nil, day.isFinal else { return .unchanged }
        return .changed(day)
    }
}

/// A day that contradicts a final day of the calendar.
package struct CalendarContradiction: Hashable, Sendable {
    package let date: CalendarDate
    /// The fields that differ, such as `akt_usd is 2, not 2.5`.
    package let difference: String

    /// - Returns: `nil` if the day has the blocks of the known one, and no other price.
    init?(_ day: CalendarDay, known: CalendarDay) {
        var fields: [String] = []
        if let price = known.aktPrice, let other = day.aktPrice, price != other {
            fields.append("akt_usd is \(price.text), not \(other.text)")
        }
        if day.firstHeight != known.firstHeight {
            fields.append("first_height is \(known.firstHeight), not \(day.firstHeight)")
        }
        if day.extent.upperBound != known.extent.upperBound {
            fields.append(
                "last_height is \(known.extent.upperBound &- 1), not \(day.extent.upperBound &- 1)"
            )
        }
        guard !fields.isEmpty else { return nil }
        date = known.date
        difference = fields.joined(separator: "; ")
    }
}

extension CalendarDay {
    /// The fault in a calendar, which must be sorted by ascending date.
    ///
    /// Two days must not share a block, and no block between two successive days may be missing.
    package static func fault(in calendar: [CalendarDay]) -> CalendarFault? {
        for (day, next) in zip(calendar, calendar.dropFirst()) {
            let end = day.extent.upperBound
            let follows = next.date == day.date.adding(days: 1)
            if next.firstHeight < end {
                return CalendarFault(
                    date: next.date,
                    problem: "its first_height lies on \(day.date.text), which ends at \(end &- 1)"
                )
            }
            if follows, day.lastHeight != nil, next.firstHeight != end {
                return CalendarFault(
                    date: next.date,
                    problem: "its first_height is not \(end), the one after the last of \(day.date.text)"
                )
            }
        }
        return nil
    }
}

/// Why days do not form a calendar.
package struct CalendarFault: Error, Hashable, Sendable {
    package let date: CalendarDate
    package let problem: String
}

extension JSONValue {
    func requiredDate(_ key: StaticString) throws(JSONFieldError) -> CalendarDate {
        let value = try required(key)
        guard let date = value.string.flatMap({ CalendarDate($0) }) else {
            throw .wrong(value, "is not a date such as 2026-11-25")
        }
        return date
    }

    func date(_ key: StaticString) throws(JSONFieldError) -> CalendarDate? {
        self[key] == nil ? nil : try requiredDate(key)
    }

    fileprivate func flag(_ key: StaticString) throws(JSONFieldError) -> Bool {
        guard let value = self[key] else { return false }
        guard let flag = value.bool else { throw .wrong(value, "is neither true nor false") }
        return flag
    }

    fileprivate func aktPrice(_ key: StaticString) throws(JSONFieldError) -> AKTPrice? {
        guard let value = self[key] else { return nil }
        guard let price = value.decimalText.flatMap(AKTPrice.init) else {
            throw .wrong(value, "is not a decimal number above 0 and below 10^6, of at most 18 decimals")
        }
        return price
    }
}
