import Billing
import JSON

/// A day of usage, or one group of a day, in the API's format.
struct UsageLineResponse: ReportRow {
    let line: UsageLine
    let grouping: UsageGrouping
    /// The name by which readers know the group, if it has one.
    let groupName: String?

    /// A provider is known by its address, and has the name beside it.
    private var group: String { grouping == .provider ? line.group : groupName ?? line.group }

    func write(to json: inout JSONWriter) {
        json.member("complete", line.isComplete)
        if grouping == .total {
            json.array("corrections", line.corrections) { json, entry in
                json.member("amount", entry.amount.exactText)
                json.member("id", entry.id)
                json.nullable("reason", entry.reason)
            }
        }
        json.member("date", line.date.text)
        writeGroup(.deployment, &json)
        json.member("deployments", line.totals.deployments)
        writeGroup(.gpuModel, &json)
        json.member("leases", line.totals.leases)
        writeGroup(.provider, &json)
        if grouping == .provider { json.nullable("provider_name", groupName) }
        json.object("resources") { json in
            json.member("cpu", line.totals.cpuMilli)
            json.member("gpu", line.totals.gpus)
            json.member("memory", line.totals.memoryBytes)
            json.member("storage", line.totals.ephemeralBytes &+ line.totals.persistentBytes)
        }
        json.nullable("spent", line.spent?.exactText)
        json.member("spent_display", line.spentDisplay)
        json.member("unpriced", line.spend.unpricedTexts)
    }

    /// Writes the group under its own name, which has a place in the order of the members; null if the lines
    /// are grouped by something that this line lacks.
    private func writeGroup(_ member: UsageGrouping, _ json: inout JSONWriter) {
        guard grouping == member else { return }
        json.member(named: member.rawValue, group.isEmpty ? nil : group)
    }

    static func columns(_ grouping: UsageGrouping, in zone: LocalTime) -> [String] {
        let group =
            switch grouping {
            case .total: [] as [String]
            case .deployment: ["Deployment"]
            case .provider: ["Provider", "Provider Name"]
            case .gpuModel: ["GPU Model"]
            }
        return ["Date (\(zone.name))"] + group + [
            "Leases", "Deployments", "CPU (milli)", "Memory (bytes)", "Storage (bytes)", "GPUs",
            "Spent (USD)",
            "Unpriced", "Complete",
        ] + (grouping == .total ? ["Corrections (USD)", "Reasons"] : [])
    }

    var cells: [String] {
        var groups = grouping == .total ? [] : [group]
        if grouping == .provider { groups.append(groupName ?? "") }
        let totals = line.totals
        return [line.date.text] + groups + [
            String(totals.leases), String(totals.deployments), String(totals.cpuMilli),
            String(totals.memoryBytes),
            String(totals.ephemeralBytes &+ totals.persistentBytes),
            totals.gpus.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "),
            line.spent?.exactText ?? "",
            line.spend.unpricedCell,
            line.isComplete ? "yes" : "no",
        ] + (grouping == .total ? corrections : [])
    }

    private var corrections: [String] {
        guard !line.corrections.isEmpty else { return ["", ""] }
        return [line.correction.exactText, line.corrections.compactMap(\.reason).joined(separator: "; ")]
    }
}

/// A month of usage in the API's format.
struct UsageMonthResponse: ReportRow {
    let month: UsageMonth

    init(_ month: UsageMonth) { self.month = month }

    func write(to json: inout JSONWriter) {
        json.member("complete", month.isComplete)
        json.member("corrections", month.corrections.exactText)
        json.member("days", month.days)
        json.member("month", month.month)
        json.nullable("spent", month.spend?.total?.exactText)
        json.member("spent_display", month.spend?.display ?? "–")
        json.member("unpriced", month.spend?.unpricedTexts ?? [:])
    }

    static func columns(in zone: LocalTime) -> [String] {
        [
            "Month (\(zone.name))", "Days Used", "Spent (USD)", "Unpriced", "Complete",
            "Corrections (USD)",
        ]
    }

    var cells: [String] {
        [
            month.month, String(month.days), month.spend?.total?.exactText ?? "",
            month.spend?.unpricedCell ?? "",
            month.isComplete ? "yes" : "no", month.corrections.exactText,
        ]
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
