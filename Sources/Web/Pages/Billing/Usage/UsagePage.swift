import Billing
import Storage

/// The usage tab: the values that the template renders.
struct UsagePage {
    /// The data that the page shows.
    struct Readings {
        let sheet: BalanceSheet
        /// The balance that Console and the chain state; `nil` if they state none.
        let observed: ObservedBalance.Total?
        /// The spend of this month by its end; `nil` if it is unknown.
        let expected: ExactAmount?
        let burn: Spend?
        let newest: CalendarDay?
        let known: KnownUsage
        /// One line for each day that the tables or the tiles need.
        let days: [UsageLine]
        /// The groups of the chosen days.
        let groups: [UsageLine]
        /// The names by which readers know the groups.
        let groupNames: [String: String]
        /// The keys of the tags of the customers' deployments.
        var tagKeys: [String] = []
    }

    struct Split {
        let splitName: String
        let splitLink: String
        let isCurrent: Bool

        init(_ split: UsageGrouping, of view: UsageView) {
            var other = view
            other.split = split
            splitName = split.label
            splitLink = other.link.text + "#spend-per-day"
            isCurrent = split == view.split
        }
    }

    let frame: PageFrame
    let ranges: [PageOption]
    let from: String
    let to: String
    let by: String
    let byTag: String?
    let resetLink: String?
    let stand: IndexStatus
    let tiles: [Tile]
    let exportLink: String
    let hasCharts: Bool
    /// On a trial without a payment our sum is only what was leased, and is no balance.
    let isUnpaidTrial: Bool
    let balanceCharts: [NumberChart]
    let balance: NumberTable
    let splits: [Split]
    let spendChart: NumberChart
    let spend: NumberTable
    let monthChart: NumberChart
    let months: NumberTable
    let daily: DailyUsageTable
    let hasUsage: Bool
    /// The text in place of the daily usage if there is none.
    let emptyText: String

    init(
        _ view: UsageView,
        dates: ClosedRange<CalendarDate>,
        readings: Readings,
        customer: CustomerKey?,
        now: Instant,
        frame: PageFrame
    ) {
        self.frame = frame
        ranges = PageOption.ranges(UsageView.presets, chosen: view.range)
        (from, to) = view.range.fields
        by = view.split.name
        byTag = view.split.tagKey
        let untouched = UsageView(split: view.split).link.text
        resetLink = view.link.text == untouched ? nil : untouched

        let today = CalendarDate(now)
        let days = readings.days.filter { dates.contains($0.date) }
        let monthDates = MonthTable.dates(around: dates, today: today)
        func file(_ route: String, _ dates: ClosedRange<CalendarDate>) -> PageLink {
            UsageView.file(route, customer: customer, dates: dates)
        }
        stand = IndexStatus(readings.newest, today: today)
        tiles = BalanceTiles.tiles(
            totals: readings.sheet.currencies.map { readings.sheet.total(through: today, in: $0) },
            observed: readings.observed,
            days: readings.days,
            known: readings.known,
            expected: readings.expected,
            burn: readings.burn,
            now: now
        )
        exportLink = file("/v1/usage/daily", dates).text
        hasCharts = frame.chartLink != nil
        isUnpaidTrial =
            readings.observed?.isTrial == true
            && readings.sheet.total(through: today, in: .usd).purchases == .zero
        balanceCharts = BalanceTable.charts
        balance = BalanceTable.table(
            readings.sheet.days(dates, in: .usd),
            fileLink: file("/v1/balance/history", dates).text
        )
        splits = Self.splits(view, readings.tagKeys)
        let spending = SpendTable(
            days: days,
            groups: readings.groups,
            split: view.split,
            names: readings.groupNames,
            fileLink: file("/v1/usage/daily", dates)
                .with("group_by", view.split.name).with("tag", view.split.tagKey).text
        )
        spendChart = spending.chart
        spend = spending.table
        monthChart = MonthTable.chart
        months = MonthTable.table(
            UsageReport.months(
                readings.days.filter { monthDates.contains($0.date) },
                nothingBefore: readings.known.nothingBefore
            ),
            fileLink: file("/v1/usage/monthly", monthDates).text
        )
        daily = DailyUsageTable(days)
        hasUsage = days.contains { $0.totals.leases > 0 }
        emptyText =
            if days.allSatisfy(readings.known.isKnown) {
                "Nothing was leased on these days."
            } else if days.contains(where: \.isIndexed) {
                "Nothing was leased on the days that are indexed; the others are not known yet."
            } else {
                "What was leased on these days is not known yet."
            }
    }

    /// The groupings to choose from; also the chosen one by a key that no deployment has.
    private static func splits(_ view: UsageView, _ tagKeys: [String]) -> [Split] {
        let tags = Set(tagKeys + [view.split.tagKey].compactMap(\.self)).sorted().map(UsageGrouping.tag)
        return ([.provider, .gpuModel, .deployment] + tags).map { Split($0, of: view) }
    }

    /// The days to read: the chosen days, the months around them, and the two months of the tiles.
    ///
    /// - Returns: Ascending ranges. The days between a range of years ago and the current months are not
    ///   read.
    static func datesToRead(
        _ dates: ClosedRange<CalendarDate>,
        today: CalendarDate
    ) -> [ClosedRange<CalendarDate>] {
        let months = MonthTable.dates(around: dates, today: today)
        let tiles = today.firstOfMonth.adding(months: -1)...today
        guard months.overlaps(tiles) else { return [months, tiles] }
        return [
            min(months.lowerBound, tiles.lowerBound)...max(months.upperBound, tiles.upperBound)
        ]
    }

    var html: String { Templates.render(self, "usage") }
}
