import Billing
import Storage

/// The view of the usage that a visitor chose: the days, and how the spend is split.
struct UsageView {
    var range = DateRangeChoice.preset(defaultRange)
    var split = UsageGrouping.provider

    static let path = "/billing/usage"
    static let defaultRange = DateRangeChoice.Preset.days30
    static let presets: [DateRangeChoice.Preset] = [.days30, .months3, .months6, .months12]
    /// The limit of the API's usage routes.
    private static let maximumDays: Int64 = 366

    var link: PageLink {
        PageLink(Self.path).with(range.parameters(default: Self.defaultRange))
            .with("by", split == .provider ? nil : split.name).with("tag", split.tagKey)
    }

    /// The days to show, none of them after today.
    ///
    /// - Throws: ``APIError`` for a range that ends before it begins, or that is too long.
    func dates(today: CalendarDate) throws(APIError) -> ClosedRange<CalendarDate> {
        let last = range.last ?? max(today, range.first(today: today) ?? today)
        let first = range.first(today: today) ?? last.adding(days: -29)
        guard first <= last else {
            throw .invalid("to", "The range ends before it begins: swap its two ends.")
        }
        let dates = (first...last).limited(to: today)
        guard dates.lowerBound.distance(to: dates.upperBound) < Self.maximumDays else {
            throw .invalid("from", "Ask for at most \(Self.maximumDays) days.")
        }
        return dates
    }

    /// The link to a usage route's CSV file.
    static func file(_ route: String, customer: CustomerKey?, dates: ClosedRange<CalendarDate>) -> PageLink {
        PageLink(route).with("format", "csv").with(customer)
            .with("from", dates.lowerBound.text).with("to", dates.upperBound.text)
    }
}

extension UsageGrouping {
    /// The name of the grouping for readers.
    var label: String {
        switch self {
        case .total: "Total"
        case .provider: "Provider"
        case .gpuModel: "GPU model"
        case .deployment: "Deployment"
        case .tag(let key): "Tag: \(key)"
        }
    }
}

extension QueryReader {
    mutating func usageView() throws(APIError) -> UsageView {
        var view = UsageView()
        view.range = try dateRange(default: UsageView.defaultRange, among: UsageView.presets)
        view.split = try usageGrouping("by") ?? .provider
        return view
    }
}
