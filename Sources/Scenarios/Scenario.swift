package import Billing

/// A named course of a payment.
package struct Scenario: Sendable {
    package let name: String
    /// One line, for `trigger --list`.
    package let summary: String
    private let isGuest: Bool
    private let script: @Sendable (inout ScenarioBuilder) -> Void

    init(
        _ name: String,
        _ summary: String,
        isGuest: Bool = false,
        script: @escaping @Sendable (inout ScenarioBuilder) -> Void
    ) {
        self.name = name
        self.summary = summary
        self.isGuest = isGuest
        self.script = script
    }

    /// Makes the story; equal options give equal bytes.
    package func story(
        _ options: ScenarioOptions = ScenarioOptions(),
        shape: APIVersionShape = .endive
    ) -> Fixture {
        precondition(options.amount > 0)
        var builder = ScenarioBuilder(options, rendering: Rendering(shape: shape), isGuest: isGuest)
        script(&builder)
        return builder.story(name, summary)
    }

    /// Makes the story with ids and other details drawn from `random`.
    package func story(
        _ options: ScenarioOptions = ScenarioOptions(),
        using random: inout some RandomNumberGenerator
    ) -> Fixture {
        var options = options
        options.seed = random.next()
        return story(options)
    }

    /// Generates a customer id for several stories to share.
    package static func madeUpCustomer(using random: inout some RandomNumberGenerator) -> String {
        var seeded = SeededRandom(seed: random.next())
        return "cus_" + seeded.letters(14)
    }

    /// Makes the story with its last event at `end`.
    package func story(_ options: ScenarioOptions, endingAt end: Instant) -> Fixture {
        var options = options
        let last = story(options).events.map(\.created).max() ?? options.startedAt
        options.startedAt = end.adding(seconds: -last.seconds(since: options.startedAt))
        return story(options)
    }
}
