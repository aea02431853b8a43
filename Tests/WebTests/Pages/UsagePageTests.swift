import Billing
import Storage
import Testing

@testable import Web

/// The tab of usage, as a function of plain values.
struct UsagePageTests {
    /// Forty days of two providers, one of them paid in AKT.
    private func readings(
        newest: CalendarDate = PageSample.today,
        days: Int64 = 40,
        aktPrice: String? = "2.5",
        observed: ObservedBalance? = nil,
        isPaid: Bool = true
    ) throws -> UsagePage.Readings {
        let calendar = PageSample.calendar(days: days, aktPrice: aktPrice, through: newest)
        let dates = PageSample.today.adding(days: -200)...PageSample.today
        var groups: [UsageGroup] = []
        for day in calendar {
            groups.append(try PageSample.group(day.date, "akash1cheap", micro: "1440000.000001"))
            groups.append(try PageSample.group(day.date, "akash1dear", micro: "2000000", of: .uakt))
        }
        let whole = Dictionary(grouping: groups, by: \.date).map { date, groups in
            UsageGroup(date: date, group: "", totals: groups.map(\.totals).reduce(UsageTotals(), +))
        }
        let days = UsageReport.lines(whole, calendar: calendar, zeroFilling: dates)
        let (rows, _) = try PageSample.payments([
            [.charge("ch_a", amount: 50_000, created: FeedSample.ago(20 &* 86_400))],
            [.charge("ch_b", amount: 1000, created: FeedSample.ago(3 &* 86_400))],
            [.charge("ch_c", amount: 900, currency: "jpy", created: FeedSample.ago(3 &* 86_400))],
        ])
        return UsagePage.Readings(
            sheet: BalanceSheet(
                transactions: isPaid ? rows : [],
                usage: UsageReport.lines(whole, calendar: calendar)
            ),
            observed: observed.flatMap { ObservedBalance.Total([$0]) },
            expected: ExactAmount(dollars: "170.5"),
            burn: Spend([.uact: try #require(TokenAmount(microUnits: "250000"))], aktPrice: nil),
            newest: calendar.last,
            known: known(through: newest, nothingBefore: calendar.first?.date),
            days: days,
            groups: UsageReport.lines(groups, calendar: calendar),
            groupNames: ["akash1cheap": "cheap <host>"]
        )
    }

    /// All days are the customer's.
    private func known(through newest: CalendarDate, nothingBefore: CalendarDate? = nil) -> KnownUsage {
        KnownUsage(
            through: newest,
            until: newest.beginning.adding(seconds: 43_200),
            nothingBefore: nothingBefore,
            addressDays: [PageSample.today.adding(days: -200)...PageSample.today]
        )
    }

    private func page(
        _ view: UsageView = UsageView(range: .custom(from: PageSample.today.adding(days: -6), to: nil)),
        _ readings: UsagePage.Readings,
        assets: AssetLinks = PageSample.assets
    ) throws -> UsagePage {
        UsagePage(
            view,
            dates: try view.dates(today: PageSample.today),
            readings: readings,
            customer: CustomerKey("cus_one", account: nil),
            now: PageSample.now,
            frame: PageFrame(.usage, assets: assets)
        )
    }

    @Test func `a range of long ago does not have all days since then read`() throws {
        let today = PageSample.today
        for text in ["0001-01-01", "1970-01-01", "2019-02-28", "2024-12-31"] {
            let day = try #require(CalendarDate(text))
            let spans = UsagePage.datesToRead(day...day, today: today)
            #expect(spans.reduce(0) { $0 &+ $1.lowerBound.distance(to: $1.upperBound) } < 500, "\(text)")
            #expect(spans.contains { $0.contains(day) } && spans.contains { $0.contains(today) }, "\(text)")
            #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }, "\(text)")
        }
    }

    @Test func `it looks as it was found good`() throws {
        let week = UsageView(
            range: .custom(from: PageSample.today.adding(days: -6), to: PageSample.today)
        )
        try Snapshot.check(try page(week, try readings()).html, "usage.html")
    }

    @Test(arguments: [("9999-12-31", "9999-12-31"), ("2026-03-10", "2026-03-31"), ("9999-12-31", "")])
    func `no range of the page reaches beyond today`(from: String, to: String) throws {
        var query = try QueryReader("range=custom&from=\(from)&to=\(to)")
        let dates = try query.usageView().dates(today: PageSample.today)
        #expect(dates.upperBound == PageSample.today)
    }

    @Test func `where Chart.js is missing it is whole, and says how to get it`() throws {
        var assets = PageSample.assets
        assets = AssetLinks(
            style: assets.style,
            script: assets.script,
            receiptStyle: assets.receiptStyle,
            chart: nil
        )
        let html = try page(UsageView(), try readings(), assets: assets).html
        #expect(html.contains("libjs-chart.js") && html.contains("CHART_JS_PATH"))
        #expect(!html.contains("<canvas") && !html.contains("chart.js\" defer"))
        for table in ["balance", "spend", "months", "daily"] {
            #expect(html.contains("id=\"table-\(table)\""))
        }
    }

    @Test(arguments: [(0, false), (1, false), (2, true), (30, true)])
    func `usage that lags behind is called so`(lag: Int64, isStale: Bool) throws {
        let page = try page(
            UsageView(),
            try readings(newest: PageSample.today.adding(days: lag.negatedClamped))
        )
        #expect(page.stand.isStale == isStale)
        #expect(page.html.contains("Newer days are missing") == isStale)
    }

    @Test func `a day that is not indexed has an unknown cost`() throws {
        let page = try page(UsageView(), try readings(newest: PageSample.today.adding(days: -2)))
        let newest = try #require(page.daily.lines.first)
        #expect(newest.cost.cellNumber == nil && newest.cost.cellText == "–")
        #expect(page.spend.lines.first?.cells.allSatisfy { $0.cellNumber == nil } == true)
    }

    @Test func `usage without a price is shown beside priced usage, and in no chart`() throws {
        let page = try page(UsageView(), try readings(aktPrice: nil))
        let newest = try #require(page.daily.lines.first)
        #expect(newest.cost.cellNumber == nil && newest.cost.cellText == "$1.44 + 2 AKT")
    }

    // MARK: Numbers

    /// The file of a route of usage, by its columns, for the same values.
    private func column(_ name: String, _ columns: [String], _ rows: [[String]]) throws -> [String] {
        let index = try #require(columns.firstIndex(of: name))
        return rows.map { $0[index].roundedToMillionths }
    }

    @Test func `the balances of charts equal those of the table and of the file`() throws {
        let readings = try readings()
        let view = UsageView()
        let dates = try view.dates(today: PageSample.today)
        let contents = try page(view, readings)
        let file = readings.sheet.days(dates, in: .usd).map { BalanceDayResponse($0).cells }
        for chart in contents.balanceCharts {
            let heading = contents.balance.columns[chart.firstColumn].heading
            let name = heading == "Balance" ? "Closing" : "Purchases To Date"
            #expect(
                contents.balance.lines.reversed().map { $0.cells[chart.firstColumn].cellNumber ?? "" }
                    == (try column(name, BalanceDayResponse.columns(in: .utc), file))
            )
        }
        #expect(contents.balanceCharts.count == 2 && file.count == 30)
    }

    @Test func `the stacks of the chart are the groups of the file`() throws {
        let readings = try readings()
        let contents = try page(UsageView(), readings)
        #expect(contents.spend.columns.map(\.heading) == ["akash1dear", "cheap <host>", "Total"])
        #expect(contents.spendChart.firstColumn == 0 && contents.spendChart.endColumn == 2)
        for (index, group) in ["akash1dear", "akash1cheap"].enumerated() {
            let lines = readings.groups.filter { $0.group == group }.suffix(30)
            let file = lines.map {
                UsageLineResponse($0, by: .provider, names: [:]).cells
            }
            #expect(
                contents.spend.lines.reversed().map { $0.cells[index].cellNumber ?? "" }
                    == (try column("Spent (USD)", UsageLineResponse.columns(.provider, in: .utc), file))
            )
        }
    }

    @Test func `the months equal those of the file, and each is the sum of its days`() throws {
        let readings = try readings()
        let contents = try page(UsageView(), readings)
        let months = UsageReport.months(readings.days).suffix(6).map {
            UsageMonthResponse($0, by: .total, names: [:])
        }
        #expect(
            contents.months.lines.reversed().map { $0.cells[0].cellNumber ?? "" }
                == months.map { ($0.month.spend?.total?.exactText ?? "").roundedToMillionths }
        )
        #expect(contents.months.lines.map(\.machine).first == "2026-03" && contents.months.lines.count == 6)
    }

    @Test func `a day of unknown spend has a dash in the table of the balance`() throws {
        let days = PageSample.today...PageSample.today
        let lines = UsageReport.lines([], calendar: [], zeroFilling: days)
        let sheet = BalanceSheet(transactions: [], usage: lines)
        let cells = try #require(BalanceTable.table(sheet.days(days, in: .usd), fileLink: "").lines.first)
            .cells
        #expect(cells[4].cellText == "–" && cells[4].cellNumber == nil)
        #expect(cells[0].cellText == "$0.00")
    }

    @Test func `the nine that cost most have a column each, and the rest one together`() throws {
        let calendar = PageSample.calendar(days: 2)
        let groups = try (1...12).map {
            try PageSample.group(calendar[0].date, "akash1p\($0)", micro: "\($0)000000")
        }
        let lines = UsageReport.lines(groups, calendar: calendar)
        let whole = UsageReport.lines(
            [
                UsageGroup(
                    date: calendar[0].date,
                    group: "",
                    totals: groups.map(\.totals).reduce(UsageTotals(), +)
                )
            ],
            calendar: calendar,
            zeroFilling: calendar[0].date...calendar[1].date
        )
        let spend = SpendTable(days: whole, groups: lines, split: .provider, names: [:], fileLink: "")
        #expect(
            spend.table.columns.map(\.heading)
                == (4...12).reversed().map { "akash1p\($0)" } + ["Other (3)", "Total"]
        )
        let day = try #require(spend.table.lines.last)
        #expect(
            day.cells.map { $0.cellNumber } == ["12", "11", "10", "9", "8", "7", "6", "5", "4", "6", "78"]
        )
        #expect(spend.chart.endColumn == 10)
    }

    @Test func `a deployment has the column's name that the readers know it by`() throws {
        let day = PageSample.calendar(days: 1)[0]
        let groups = try ["c/o/7", "c/p/8"].map { try PageSample.group(day.date, $0, micro: "1") }
        let lines = UsageReport.lines(groups, calendar: [day])
        let names = DeploymentIdentity.names(of: Set(lines.map(\.group)))
        let spend = SpendTable(days: [], groups: lines, split: .deployment, names: names, fileLink: "")
        #expect(spend.table.columns.map(\.heading) == ["7", "8", "Total"])
    }

    /// How many days usage is behind, whether something was leased before the first indexed day, and the month and the
    /// notes on the last.
    @Test(
        arguments: [
            // 14 days of 1.44 + 5 dollars; of February the days from the 3rd to the 14th, and all from the 3rd.
            (0, false, "$90.16", ["$77.28 by this day of February", "$167.44 in all of February"]),
            (3, false, "$70.84", ["$57.96 by 11 February", "$167.44 in all of February"]),
            // The days that would be compared are not all known.
            (0, true, "$90.16", []),
            (20, false, nil, []),
        ] as [(Int64, Bool, String?, [String])]
    )
    func `this month stands against as many days of the last, and all of it`(
        lag: Int64,
        isLeasedBefore: Bool,
        spent: String?,
        notes: [String]
    ) throws {
        let newest = PageSample.today.adding(days: 0 &- lag)
        let first = try #require(CalendarDate("2026-02-03"))
        let tile = BalanceTiles.tiles(
            totals: [],
            observed: nil,
            days: try readings(newest: newest, days: max(1, first.distance(to: newest) &+ 1)).days,
            known: known(through: newest, nothingBefore: isLeasedBefore ? nil : first),
            expected: nil,
            burn: nil,
            now: PageSample.now
        )[1]
        #expect(tile.figure?.text == spent)
        #expect(tile.notes.map { $0.before + ($0.noteAmount?.text ?? "") + $0.after } == notes)
    }

    @Test(arguments: [(0, "1.9"), (12, "1.4"), (48, "0.0")] as [(Int64, String)])
    func `a stated balance has been spent from since it was observed`(hours: Int64, left: String) throws {
        let observed = ObservedBalance(
            customer: "cus_one",
            available: try #require(ExactAmount(dollars: "11.91")),
            reserves: [],
            isTrial: false,
            observedAt: PageSample.now.adding(seconds: 0 &- hours &* 3600)
        )
        // 47.6 hours at 25 cents.
        #expect(try page(UsageView(), try readings(observed: observed)).tiles[3].figureText == left)
    }

    @Test(arguments: [true, false])
    func `what Console and the chain state is shown, and a trial is named as one`(isTrial: Bool) throws {
        let observed = ObservedBalance(
            customer: "cus_one",
            available: try #require(ExactAmount(dollars: "9.41")),
            reserves: [.init(dseq: "7", amount: try #require(ExactAmount(dollars: "2.5")))],
            isTrial: isTrial,
            observedAt: PageSample.now
        )
        let shown = try page(UsageView(), try readings(observed: observed))
        let tiles = shown.tiles
        #expect(!shown.isUnpaidTrial && !shown.html.contains("You are on a trial"))
        let unpaid = try page(UsageView(), try readings(observed: observed, isPaid: false))
        #expect(unpaid.isUnpaidTrial == isTrial)
        #expect(unpaid.html.contains("You are on a trial") == isTrial)
        #expect(tiles[0].tileName == (isTrial ? "Trial" : "Available"))
        #expect(tiles[0].figure?.text == "$9.41")
        // 11.91 dollars at 25 cents an hour.
        #expect(tiles[3].figureText == "1.9")
        let notes = tiles[0].notes.map { $0.before + ($0.noteAmount?.text ?? "") + $0.after }
        #expect(notes.contains("and $2.50 reserved for deployments"))
        #expect(notes.contains("A trial: none of it was paid") == isTrial)
    }
}
