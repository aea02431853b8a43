/// One day of a time zone, with its blocks from the chain's days.
///
/// The chain's days are in UTC, and the data do not show when a block within a day was made. Assuming an even
/// pace of blocks, a midnight of the zone divides the blocks of a chain day in proportion to time. This is
/// exact to a block or two. Each block still belongs to one day, so that the days of a lease add up to its
/// whole duration in every zone.
package struct LocalDay: Hashable, Sendable {
    /// Some blocks of one of the chain's days.
    package struct Part: Hashable, Sendable {
        package let day: CalendarDay
        package let heights: Range<Int64>
    }

    package let date: CalendarDate
    package let parts: [Part]
    /// Whether the whole day is indexed and final.
    package let isFinal: Bool

    /// Whether any part of the day is known, if only that the chain made no block on it.
    package var isIndexed: Bool { isFinal || !parts.isEmpty }

    /// The days of a zone.
    ///
    /// - Parameters:
    ///   - dates: The requested days.
    ///   - calendar: The chain's days that overlap `dates`, by ascending date.
    ///   - isUsedBefore: Whether a lease may have begun before the first of those days. If none has, a day that
    ///     lacks only its beginning lacks no usage.
    ///   - beginning: The first moment of a date in the zone.
    /// - Returns: A day for each date, by ascending date; a day without indexed blocks has no parts.
    package static func days(
        _ dates: ClosedRange<CalendarDate>,
        calendar: [CalendarDay],
        isUsedBefore: Bool = true,
        beginning: (CalendarDate) -> Instant
    ) -> [LocalDay] {
        let chainDays = Dictionary(calendar.map { ($0.date, $0) }) { $1 }
        let pace = calendar.last(where: \.showsPace).map { Int64($0.extent.count) }
        var begin = beginning(dates.lowerBound)
        return dates.map { date in
            let end = beginning(date.adding(days: 1))
            defer { begin = end }
            var parts: [Part] = []
            var (isFinal, isIndexed) = (begin < end, false)
            for chainDate in chainDates(from: begin, to: end) {
                guard let day = chainDays[chainDate] else {
                    let isBefore = calendar.first.map { chainDate < $0.date } ?? false
                    if isUsedBefore || !isBefore { isFinal = false }
                    continue
                }
                isIndexed = true
                isFinal = isFinal && day.isFinal
                let first = day.height(at: begin, pace: pace)
                let heights = first..<max(first, day.height(at: end, pace: pace))
                if !heights.isEmpty { parts.append(Part(day: day, heights: heights)) }
            }
            return LocalDay(date: date, parts: parts, isFinal: isFinal && isIndexed)
        }
    }

    private static func chainDates(from begin: Instant, to end: Instant) -> ClosedRange<CalendarDate> {
        CalendarDate(begin)...max(CalendarDate(begin), CalendarDate(end.adding(seconds: -1)))
    }

    /// The day with only the blocks of these chain days.
    package func limited(to dates: ClosedRange<CalendarDate>) -> LocalDay {
        LocalDay(date: date, parts: parts.filter { dates.contains($0.day.date) }, isFinal: isFinal)
    }

    /// From the first block to the last, as a half-open range.
    package var heights: Range<Int64>? {
        guard let first = parts.first, let last = parts.last else { return nil }
        return first.heights.lowerBound..<max(first.heights.lowerBound, last.heights.upperBound)
    }
}

extension CalendarDay {
    /// The first block of the day that was made at a moment or later, assuming an even pace.
    ///
    /// - Parameters:
    ///   - moment: A moment of any day.
    ///   - pace: The blocks of a whole day, for a day that is not over.
    /// - Returns: A height of the day, or the one after its last.
    fileprivate func height(at moment: Instant, pace: Int64?) -> Int64 {
        let (first, end) = (heights.lowerBound, heights.upperBound)
        let seconds = moment.seconds(since: date.beginning)
        guard seconds > 0 else { return first }
        guard seconds < 86_400 else { return end }
        guard let blocks = lastHeight == nil ? pace : extent.upperBound &- first else { return end }
        return min(end, first &+ blocks &* seconds / 86_400)
    }
}

extension LeaseState {
    /// The lease's usage in a part of one of the chain's days.
    ///
    /// A part of a frozen day gets the share of the day's usage that it has of the day's blocks.
    func usage(in part: LocalDay.Part) -> LeaseDay? {
        let day = part.day
        guard let settled = kept[day.date] else {
            let (blocks, amounts) = record.cost(of: part.heights)
            return blocks == 0 ? nil : LeaseDay(date: day.date, blocks: blocks, amounts: amounts)
        }
        guard let settled else { return nil }
        let whole = Int64(day.heights.count)
        let begin = part.heights.lowerBound &- day.heights.lowerBound
        let end = part.heights.upperBound &- day.heights.lowerBound
        // The share up to the part's end minus the share up to its beginning, so that all parts add up to the
        // whole.
        let blocks = settled.blocks &* end / whole &- settled.blocks &* begin / whole
        let amounts = settled.amounts.mapValues { amount in
            amount.share(end, of: whole) - amount.share(begin, of: whole)
        }
        return blocks == 0 && amounts.values.allSatisfy(\.isZero)
            ? nil : LeaseDay(date: day.date, blocks: blocks, amounts: amounts)
    }
}
