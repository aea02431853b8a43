import Billing
import JSON

/// A day of usage, or one group of a day, in the API's format.
struct UsageLineResponse: ReportRow {
    let line: UsageLine
    let group: UsageGroupResponse

    init(_ line: UsageLine, by grouping: UsageGrouping, names: [String: String]) {
        self.line = line
        group = UsageGroupResponse(grouping: grouping, group: line.group, name: names[line.group])
    }

    func write(to json: inout JSONWriter) {
        json.member("complete", line.isComplete)
        if group.grouping == .total {
            json.array("corrections", line.corrections) { json, entry in
                json.member("amount", entry.amount.exactText)
                json.member("id", entry.id)
                json.nullable("reason", entry.reason)
            }
        }
        json.member("date", line.date.text)
        group.writeDeployment(to: &json)
        json.member("deployments", line.totals.deployments)
        group.writeGPUModel(to: &json)
        json.member("leases", line.totals.leases)
        group.writeProvider(to: &json)
        json.object("resources") { json in
            json.member("cpu", line.totals.cpuMilli)
            json.member("gpu", line.totals.gpus)
            json.member("memory", line.totals.memoryBytes)
            json.member("storage", line.totals.ephemeralBytes &+ line.totals.persistentBytes)
        }
        json.nullable("spent", line.spent?.exactText)
        json.member("spent_display", line.spentDisplay)
        group.writeTag(to: &json)
        json.member("unpriced", line.spend.unpricedTexts)
    }

    static func columns(_ grouping: UsageGrouping, in zone: LocalTime) -> [String] {
        ["Date (\(zone.name))"] + UsageGroupResponse.columns(grouping) + [
            "Leases", "Deployments", "CPU (milli)", "Memory (bytes)", "Storage (bytes)", "GPUs",
            "Spent (USD)",
            "Unpriced", "Complete",
        ] + (grouping == .total ? ["Corrections (USD)", "Reasons"] : [])
    }

    var cells: [String] {
        let totals = line.totals
        let counts = [
            totals.leases, totals.deployments, totals.cpuMilli, totals.memoryBytes,
            totals.ephemeralBytes &+ totals.persistentBytes,
        ]
        // The leases of a day that is not indexed are unknown.
        return [line.date.text] + group.cells + counts.map { line.isIndexed ? String($0) : "" } + [
            totals.gpus.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "),
            line.spent?.exactText ?? "",
            line.spend.unpricedCell,
            line.isComplete ? "yes" : "no",
        ] + (group.grouping == .total ? corrections : [])
    }

    private var corrections: [String] {
        guard !line.corrections.isEmpty else { return ["", ""] }
        return [line.correction.exactText, line.corrections.compactMap(\.reason).joined(separator: "; ")]
    }
}

/// A month of usage, or one group of a month, in the API's format.
struct UsageMonthResponse: ReportRow {
    let month: UsageMonth
    let group: UsageGroupResponse

    init(_ month: UsageMonth, by grouping: UsageGrouping, names: [String: String]) {
        self.month = month
        group = UsageGroupResponse(grouping: grouping, group: month.group, name: names[month.group])
    }

    func write(to json: inout JSONWriter) {
        json.member("complete", month.isComplete)
        // A correction is of a day, and of none of its groups.
        json.member("corrections", group.grouping == .total ? month.corrections.exactText : nil)
        json.member("days", month.days)
        group.writeDeployment(to: &json)
        group.writeGPUModel(to: &json)
        json.member("month", month.month)
        group.writeProvider(to: &json)
        json.nullable("spent", month.spend?.total?.exactText)
        json.member("spent_display", month.spend?.display ?? "–")
        group.writeTag(to: &json)
        json.member("unpriced", month.spend?.unpricedTexts ?? [:])
    }

    static func columns(_ grouping: UsageGrouping, in zone: LocalTime) -> [String] {
        ["Month (\(zone.name))"] + UsageGroupResponse.columns(grouping) + [
            "Days Used", "Spent (USD)", "Unpriced", "Complete",
        ] + (grouping == .total ? ["Corrections (USD)"] : [])
    }

    var cells: [String] {
        [month.month] + group.cells + [
            String(month.days), month.spend?.total?.exactText ?? "", month.spend?.unpricedCell ?? "",
            month.isComplete ? "yes" : "no",
        ] + (group.grouping == .total ? [month.corrections.exactText] : [])
    }
}

extension UsageLine {
    fileprivate var spentDisplay: String { isIndexed ? spend.display : "–" }
}

extension Spend {
    /// The spend for display: dollars, and then the tokens without a price.
    var display: String {
        guard !unpriced.isEmpty else { return known.display() }
        let tokens = unpriced.sorted { $0.key.code < $1.key.code }.map {
            "\($0.value.tokensText) \($0.key.symbol)"
        }
        return ([known == .zero ? nil : known.display()].compactMap(\.self) + tokens).joined(separator: " + ")
    }

    /// The tokens without a price, in micro-units by denomination.
    var unpricedTexts: [String: String] {
        Dictionary(uniqueKeysWithValues: unpriced.map { ($0.key.code, $0.value.microUnitsText) })
    }
}

extension Spend {
    /// The tokens without a price, as one cell of a table.
    fileprivate var unpricedCell: String {
        unpricedTexts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}

extension Denomination {
    fileprivate var symbol: String {
        code.hasPrefix("u") && code.utf8.count <= 6 ? code.dropFirst().uppercased() : code
    }
}

/// How far the chain is indexed.
struct IndexedResponse: JSONObject {
    let day: CalendarDay

    init(_ day: CalendarDay) { self.day = day }

    func write(to json: inout JSONWriter) {
        json.member("date", day.date.text)
        json.member("height", String(day.lastHeightYet))
    }
}
