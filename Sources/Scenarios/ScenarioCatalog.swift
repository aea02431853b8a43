/// All scenarios, by name.
package enum ScenarioCatalog {
    package static let all: [Scenario] = purchases + captures + refunds + disputes + invoices

    package static var names: [String] { all.map(\.name) }

    package static func scenario(named name: String) -> Scenario? { all.first { $0.name == name } }

    static let day: Int64 = 86_400
}

extension ScenarioBuilder {
    /// A card purchase, with which other stories begin.
    mutating func purchase() {
        begin()
        wait(4)
        pay()
        wait(2)
        settle()
    }

    /// A percentage of the amount, at least 1.
    func part(_ percent: Int64) -> Int64 {
        max(1, options.amount / 100 * percent + options.amount % 100 * percent / 100)
    }
}
