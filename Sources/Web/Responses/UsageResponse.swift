import Billing

/// A day of usage, or one group of a day, in the API's format.
struct UsageLineResponse: Encodable {
    let line: UsageLine
    let grouping: UsageGrouping
    let providerName: String?

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(line.date.text, forKey: Key("date"))
        if grouping != .total {
            try container.encode(line.group.isEmpty ? nil : line.group, forKey: Key(grouping.rawValue))
        }
        if grouping == .provider { try container.encode(providerName, forKey: Key("provider_name")) }
        try container.encode(line.totals.leases, forKey: Key("leases"))
        try container.encode(line.totals.deployments, forKey: Key("deployments"))
        try container.encode(ResourcesResponse(line.totals), forKey: Key("resources"))
        try container.encode(line.spent?.exactText, forKey: Key("spent"))
        try container.encode(line.spentDisplay, forKey: Key("spent_display"))
        try container.encode(line.spend.unpricedTexts, forKey: Key("unpriced"))
        try container.encode(line.isComplete, forKey: Key("complete"))
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
        ]
    }

    var cells: [String] {
        var group = grouping == .total ? [] : [line.group]
        if grouping == .provider { group.append(providerName ?? "") }
        let totals = line.totals
        return [line.date.text] + group + [
            String(totals.leases), String(totals.deployments), String(totals.cpuMilli),
            String(totals.memoryBytes),
            String(totals.ephemeralBytes &+ totals.persistentBytes),
            totals.gpus.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "),
            line.spent?.exactText ?? "",
            line.spend.unpricedTexts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(
                separator: ", "
            ),
            line.isComplete ? "yes" : "no",
        ]
    }
}

/// The leased resources: processors in thousandths, memory and storage in bytes, GPUs by model.
private struct ResourcesResponse: Encodable {
    let cpu: Int64
    let memory: Int64
    let storage: Int64
    let gpu: [String: Int64]

    init(_ totals: UsageTotals) {
        cpu = totals.cpuMilli
        memory = totals.memoryBytes
        storage = totals.ephemeralBytes &+ totals.persistentBytes
        gpu = totals.gpus
    }
}

/// A month of usage in the API's format.
struct UsageMonthResponse: Encodable {
    let month: String
    let days: Int
    let spent: String?
    let spent_display: String
    let unpriced: [String: String]
    let complete: Bool

    private enum CodingKeys: CodingKey { case month, days, spent, spent_display, unpriced, complete }

    init(_ month: UsageMonth) {
        self.month = month.month
        days = month.days
        spent = month.spend.total?.exactText
        spent_display = month.spend.display
        unpriced = month.spend.unpricedTexts
        complete = month.isComplete
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(month, forKey: .month)
        try container.encode(days, forKey: .days)
        try container.encode(spent, forKey: .spent)
        try container.encode(spent_display, forKey: .spent_display)
        try container.encode(unpriced, forKey: .unpriced)
        try container.encode(complete, forKey: .complete)
    }

    static func columns(in zone: LocalTime) -> [String] {
        ["Month (\(zone.name))", "Days Used", "Spent (USD)", "Unpriced", "Complete"]
    }

    var cells: [String] {
        [
            month, String(days), spent ?? "",
            unpriced.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "),
            complete ? "yes" : "no",
        ]
    }
}

extension UsageLine {
    /// The spend in dollars; `nil` if it is unknown, because the day is not indexed or a token has no price.
    var spent: ExactAmount? { isIndexed ? spend.total : nil }

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

extension Denomination {
    fileprivate var symbol: String {
        code.hasPrefix("u") && code.utf8.count <= 6 ? code.dropFirst().uppercased() : code
    }
}

/// How far the chain is indexed.
struct IndexedResponse: Encodable {
    let date: String
    let height: String

    init(_ day: CalendarDay) {
        date = day.date.text
        height = String(day.lastHeightYet)
    }
}
