import Billing

/// The leased resources and the cost of each day.
struct DailyUsageTable {
    struct Row {
        let day: PageDay
        let isUnfinished: Bool
        let leased: String
        let gpus: String
        let processors: String
        let memory: String
        let cost: NumberTable.Cell
        /// The entries that correct the day, which count in the cost.
        let corrections: [String]
    }

    /// The rows, newest first.
    let lines: [Row]
    /// The same in HTML.
    let rows: HTML

    init(_ days: [UsageLine]) {
        lines = days.reversed().map { day in
            let totals = day.totals
            return Row(
                day: PageDay(day.date),
                isUnfinished: day.isIndexed && !day.isComplete,
                leased: day.isIndexed ? Self.counted(totals.deployments, "deployment") : "–",
                gpus: Self.orDash(
                    totals.gpus.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(
                        separator: ", "
                    )
                ),
                processors: Self.orDash(Self.thousandths(totals.cpuMilli)),
                memory: Self.orDash(Self.bytes(totals.memoryBytes)),
                cost: NumberTable.Cell(day.isIndexed ? day.spend : nil),
                corrections: day.corrections.map { entry in
                    let reason = entry.reason.map { ": \($0)" } ?? ""
                    return "Correction \(entry.amount.display())\(reason)"
                }
            )
        }
        rows = HTML(lines, \.html)
    }

    private static func counted(_ count: Int64, _ what: String) -> String {
        count == 1 ? "1 \(what)" : "\(count) \(what)s"
    }

    private static func orDash(_ text: String) -> String { text.isEmpty ? "–" : text }

    /// Formats thousandths, `1500` as `1.5`; an empty text for zero.
    private static func thousandths(_ number: Int64) -> String {
        guard number > 0 else { return "" }
        let fraction = String(1000 &+ number % 1000).dropFirst()
        let digits = fraction.prefix(3 - fraction.reversed().prefix { $0 == "0" }.count)
        return digits.isEmpty ? "\(number / 1000)" : "\(number / 1000).\(digits)"
    }

    /// Formats bytes in the largest binary unit not above the count, to a tenth; an empty text for zero.
    private static func bytes(_ count: Int64) -> String {
        guard count > 0 else { return "" }
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        let power = (Int64.bitWidth - 1 - count.leadingZeroBitCount) / 10
        let unit: Int64 = 1 << (10 &* Int64(power))
        let (whole, rest) = count.quotientAndRemainder(dividingBy: unit)
        // Drops the lowest 10 bits of large units, so that the product cannot overflow; they do not affect
        // the tenth.
        let tenth = unit >= 1024 ? (rest / (unit / 1024)) &* 10 / 1024 : 0
        return tenth == 0 ? "\(whole) \(units[power])" : "\(whole).\(tenth) \(units[power])"
    }
}

extension DailyUsageTable.Row {
    fileprivate var html: HTML {
        """
        <tr\(isUnfinished ? HTML.openRow : "")><th scope="row"><time datetime="\(day.machine)">\(day.text)</time></th>\
        <td>\(leased)\(HTML(corrections) { "<br>\($0)" })</td><td class="gpus">\(gpus)</td><td class="n">\(processors)</td><td class="n">\(memory)</td>\
        <td class="n">\(cost.html)</td></tr>

        """
    }
}
