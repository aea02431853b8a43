import Billing

/// The spend of each day, split by provider, GPU model, deployment or tag.
///
/// The nine groups with the highest spend have a column each, and the others share one.
struct SpendTable {
    static let maximumGroups = 9

    let table: NumberTable
    let chart: NumberChart

    /// Takes one line for each day, and the lines of the groups on the same days.
    init(
        days: [UsageLine],
        groups: [UsageLine],
        split: UsageGrouping,
        names: [String: String],
        fileLink: String
    ) {
        let ranked = Self.ranked(groups)
        let shown = Array(ranked.prefix(Self.maximumGroups))
        let others = ranked.count - shown.count
        let headings =
            shown.map { Self.name(of: $0, split: split, names: names) }
            + (others > 0 ? ["Other (\(others))"] : []) + (ranked.isEmpty ? [split.label] : [])
        let spends = Self.spends(groups)
        table = NumberTable(
            tableID: "spend",
            caption: "Spend on each day (UTC) by \(split.label)",
            stub: "Date",
            columns: (headings + ["Total"]).map(NumberTable.Column.init),
            lines: days.reversed().map { day in
                Self.line(day, parts: spends[day.date] ?? [:], shown: shown, hasOthers: others > 0)
            },
            fileLink: fileLink
        )
        chart = NumberChart(
            chartID: "chart-spend",
            chartTitle: "Spend per day",
            form: "stack",
            tableOfChart: "spend",
            firstColumn: 0,
            endColumn: headings.count,
            meaning: "What each day cost, by \(split.label)."
        )
    }

    private static func spends(_ groups: [UsageLine]) -> [CalendarDate: [String: Spend]] {
        var spends: [CalendarDate: [String: Spend]] = [:]
        for line in groups { spends[line.date, default: [:]][line.group, default: .zero] += line.spend }
        return spends
    }

    private static func line(
        _ day: UsageLine,
        parts: [String: Spend],
        shown: [String],
        hasOthers: Bool
    ) -> NumberTable.Line {
        var columns = shown.map { parts[$0] ?? .zero }
        if hasOthers {
            columns.append(parts.filter { !shown.contains($0.key) }.values.reduce(Spend.zero, +))
        }
        // A table without any spend also needs one column.
        if columns.isEmpty { columns = [.zero] }
        return NumberTable.Line(
            machine: day.date.text,
            label: day.date.readable,
            isOpen: day.isIndexed && !day.isComplete,
            cells: (columns + [day.spend]).map { NumberTable.Cell(day.isIndexed ? $0 : nil) }
        )
    }

    /// The groups by falling spend; groups with equal spend are sorted by name.
    private static func ranked(_ groups: [UsageLine]) -> [String] {
        var totals: [String: ExactAmount] = [:]
        for line in groups { totals[line.group, default: .zero] += line.spend.known }
        return totals.sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
            .map(\.key)
    }

    private static func name(of group: String, split: UsageGrouping, names: [String: String]) -> String {
        switch split {
        case .provider: names[group] ?? shortened(group)
        case .gpuModel: group.isEmpty ? "No GPU" : group
        case .tag: group.isEmpty ? "Untagged" : group
        case .deployment, .total: names[group] ?? group
        }
    }

    /// Shortens an address on chain, which would be too wide for a column.
    private static func shortened(_ address: String) -> String {
        address.count > 20 ? "\(address.prefix(10))…\(address.suffix(6))" : address
    }
}
