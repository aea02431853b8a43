extension CalendarDay {
    /// The longest halt of the chain that a calendar is taken to show; a longer gap is one of the calendar.
    private static let maximumHaltDays: Int64 = 31

    /// The days without a block that a calendar lacks.
    ///
    /// A chain that stands still over a midnight has days without blocks, and an indexer has no row for them: it adds a
    /// day's row together with the day's first block. The heights show such days all the same: if the next known day
    /// goes on at the very height after a final day, no block was made in between.
    ///
    /// <https://github.com/akash-network/console/blob/d84c9e93d/apps/indexer/src/chain/chainSync.ts#L380>
    ///
    /// - Parameter calendar: The days by ascending date.
    /// - Returns: Final days without blocks, ascending.
    package static func halts(in calendar: [CalendarDay]) -> [CalendarDay] {
        zip(calendar, calendar.dropFirst()).flatMap { day, next -> [CalendarDay] in
            let height = day.extent.upperBound
            guard day.isFinal, next.firstHeight == height,
                2...maximumHaltDays &+ 1 ~= day.date.distance(to: next.date)
            else { return [] }
            return (day.date.adding(days: 1)...next.date.adding(days: -1)).map { date in
                CalendarDay(
                    date: date,
                    firstHeight: height,
                    lastHeight: height &- 1,
                    lastHeightYet: height &- 1,
                    aktPrice: nil,
                    isFinal: true
                )
            }
        }
    }

    /// A day that is over and has blocks, so that it shows how fast the chain makes them.
    package var showsPace: Bool { lastHeight != nil && !extent.isEmpty }
}
