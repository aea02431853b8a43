/// A day of the proleptic Gregorian calendar, without a time zone.
package struct CalendarDate: Hashable, Sendable {
    /// Days since 1970-01-01.
    package let dayNumber: Int64

    /// Clamps to the days whose seconds all fit in 64 bits, so that no arithmetic on dates overflows.
    package init(dayNumber: Int64) {
        let last = Int64.max / Self.secondsPerDay
        self.dayNumber = min(max(dayNumber, 0 &- last), last)
    }

    /// The day of a moment, which the caller has shifted into a time zone.
    package init(_ local: Instant) {
        self.init(dayNumber: local.unixSeconds.floorDivided(by: Self.secondsPerDay))
    }

    /// Computes in eras of 400 years that begin in March.
    ///
    /// The algorithm: https://howardhinnant.github.io/date_algorithms.html#days_from_civil
    ///
    /// - Returns: `nil` for a day that does not exist, such as 30 February, or that is before the year 1.
    package init?(year: Int64, month: Int64, day: Int64) {
        guard 1...9999 ~= year, 1...12 ~= month, 1...31 ~= day else { return nil }
        let marchYear = month <= 2 ? year &- 1 : year
        let era = marchYear.floorDivided(by: 400)
        let yearOfEra = marchYear &- era &* 400
        let dayOfYear = (153 &* (month > 2 ? month &- 3 : month &+ 9) &+ 2) / 5 &+ day &- 1
        dayNumber =
            era &* 146_097 &+ yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear &- 719_468
        // A day that does not exist gives the number of another day.
        guard parts == (year, month, day) else { return nil }
    }

    /// Reads `YYYY-MM-DD` and nothing else.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let hyphen = UInt8(ascii: "-")
        guard bytes.count == 10, bytes[4] == hyphen, bytes[7] == hyphen else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            guard bytes[range].allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
            return Int64(String(decoding: bytes[range], as: UTF8.self))
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else {
            return nil
        }
        self.init(year: year, month: month, day: day)
    }

    private static let secondsPerDay: Int64 = 86_400

    /// The date by its parts; the month and the day begin at 1.
    package var parts: (year: Int64, month: Int64, day: Int64) {
        let shifted = dayNumber &+ 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted &- era &* 146_097
        let yearOfEra = (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let marchMonth = (5 &* dayOfYear &+ 2) / 153
        let month = marchMonth < 10 ? marchMonth &+ 3 : marchMonth &- 9
        return (
            yearOfEra &+ era &* 400 &+ (month <= 2 ? 1 : 0), month,
            dayOfYear &- (153 &* marchMonth &+ 2) / 5 &+ 1
        )
    }

    /// `YYYY-MM-DD`.
    package var text: String {
        let (year, month, day) = parts
        guard 0...9999 ~= year else { return "\(year)-\(Self.padded(month, 2))-\(Self.padded(day, 2))" }
        return String(unsafeUninitializedCapacity: 10) { text in
            var number = (year &* 100 &+ month) &* 100 &+ day
            for place in [9, 8, 6, 5, 3, 2, 1, 0] {
                text[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number % 10)
                number /= 10
            }
            (text[4], text[7]) = (UInt8(ascii: "-"), UInt8(ascii: "-"))
            return 10
        }
    }

    /// `YYYY-MM`.
    var monthText: String { String(text.prefix(7)) }

    /// The first second of the day in UTC.
    package var beginning: Instant { Instant(unixSeconds: dayNumber &* Self.secondsPerDay) }

    package func adding(days: Int64) -> CalendarDate {
        CalendarDate(dayNumber: dayNumber.addingClamped(days))
    }

    /// The same day of another month, or that month's last day if the month is shorter.
    ///
    /// - Returns: The date itself if the result would be before the year 1 or after 9999.
    package func adding(months: Int64) -> CalendarDate {
        let (year, month, day) = parts
        let count = year &* 12 &+ month &- 1 &+ months
        let (otherYear, otherMonth) = (
            count.floorDivided(by: 12), count &- count.floorDivided(by: 12) &* 12 &+ 1
        )
        for shorter in 0...3 {
            if let date = CalendarDate(year: otherYear, month: otherMonth, day: day &- Int64(shorter)) {
                return date
            }
        }
        return self
    }

    package var firstOfMonth: CalendarDate { adding(days: 1 &- parts.day) }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

extension CalendarDate: Comparable {
    package static func < (earlier: CalendarDate, later: CalendarDate) -> Bool {
        earlier.dayNumber < later.dayNumber
    }
}

extension CalendarDate: Strideable {
    package func distance(to other: CalendarDate) -> Int64 { other.dayNumber &- dayNumber }
    package func advanced(by days: Int64) -> CalendarDate { adding(days: days) }
}

extension Int64 {
    func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient &- 1 : quotient
    }
}
