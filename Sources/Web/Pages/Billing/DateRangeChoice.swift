import Billing

/// The range of days that a visitor chose.
enum DateRangeChoice: Equatable {
    enum Preset: String, CaseIterable {
        case days30 = "30d"
        case months3 = "3m"
        case months6 = "6m"
        case months12 = "12m"
        case all

        var label: String {
            switch self {
            case .days30: "Last 30 days"
            case .months3: "Last 3 months"
            case .months6: "Last 6 months"
            case .months12: "Last 12 months"
            case .all: "All time"
            }
        }

        func first(today: CalendarDate) -> CalendarDate? {
            switch self {
            case .days30: today.adding(days: -29)
            case .months3: today.adding(months: -3).adding(days: 1)
            case .months6: today.adding(months: -6).adding(days: 1)
            case .months12: today.adding(months: -12).adding(days: 1)
            case .all: nil
            }
        }
    }

    case preset(Preset)
    /// A range of the visitor's own; either end may be open.
    case custom(from: CalendarDate?, to: CalendarDate?)

    /// The value of `range` for a range of the visitor's own.
    static let customName = "custom"

    var name: String {
        switch self {
        case .preset(let preset): preset.rawValue
        case .custom: Self.customName
        }
    }

    func first(today: CalendarDate) -> CalendarDate? {
        switch self {
        case .preset(let preset): preset.first(today: today)
        case .custom(let from, _): from
        }
    }

    /// The last day; `nil` for a preset, which includes the newest rows.
    var last: CalendarDate? {
        switch self {
        case .preset: nil
        case .custom(_, let to): to
        }
    }

    /// The values of the form's two date fields.
    var fields: (from: String, to: String) {
        guard case .custom(let from, let to) = self else { return ("", "") }
        return (from?.text ?? "", to?.text ?? "")
    }

    /// The range as query parameters; none for the page's default.
    func parameters(default preset: Preset) -> [(name: String, value: String)] {
        switch self {
        case .preset(preset): []
        case .preset(let other): [("range", other.rawValue)]
        case .custom(let from, let to):
            [("range", Self.customName), ("from", from?.text ?? ""), ("to", to?.text ?? "")]
        }
    }
}

extension QueryReader {
    /// Reads `range`, and `from` and `to` if the range is the visitor's own.
    ///
    /// Dates without `range` are a range of the visitor's own. Dates beside a preset are ignored: a form also
    /// sends its date fields after the visitor has chosen a preset.
    mutating func dateRange(
        default preset: DateRangeChoice.Preset,
        among presets: [DateRangeChoice.Preset] = DateRangeChoice.Preset.allCases
    ) throws(APIError) -> DateRangeChoice {
        let name = text("range")
        let (from, to) = (try date("from"), try date("to"))
        if let name, name != DateRangeChoice.customName {
            guard let chosen = DateRangeChoice.Preset(rawValue: name), presets.contains(chosen) else {
                throw .invalid(
                    "range",
                    "Give one of: \((presets.map(\.rawValue) + [DateRangeChoice.customName]).joined(separator: ", "))."
                )
            }
            return .preset(chosen)
        }
        if name == nil, from == nil, to == nil { return .preset(preset) }
        if let from, let to, to < from {
            throw .invalid("to", "The range ends before it begins: swap its two ends.")
        }
        return .custom(from: from, to: to)
    }
}
