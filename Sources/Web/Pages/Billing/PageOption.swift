/// An option of a drop-down list.
struct PageOption {
    let value: String
    let label: String
    let isChosen: Bool

    static func list(_ choices: [(value: String, label: String)], chosen: String) -> [PageOption] {
        choices.map { PageOption(value: $0.value, label: $0.label, isChosen: $0.value == chosen) }
    }

    static func ranges(_ presets: [DateRangeChoice.Preset], chosen: DateRangeChoice) -> [PageOption] {
        list(
            presets.map { ($0.rawValue, $0.label) } + [(DateRangeChoice.customName, "Custom range")],
            chosen: chosen.name
        )
    }
}
