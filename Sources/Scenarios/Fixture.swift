package import Billing

/// The events that Stripe would send about one payment: generated, but consistent with each other.
package struct Fixture: Sendable {
    /// The name on the command line, such as `refund.partial`.
    package let name: String
    package let summary: String
    /// The events in the order of their creation; they may arrive in any order.
    package let events: [FixtureEvent]
    /// The rows that the feed must show after all events arrived, in any order.
    package let rows: [FixtureRow]

    /// Stories are in test mode, so that no generated event can pass for real money.
    package var livemode: Bool { false }
}

/// One event of a story, with the body to be signed and posted.
package struct FixtureEvent: Sendable {
    package let id: String
    package let type: String
    package let created: Instant
    package let body: [UInt8]
}

/// One expected row of the feed, with the columns that a story determines.
package struct FixtureRow: Sendable, Hashable {
    package let id: String
    package let type: Transaction.Kind
    package let status: String
    package let amount: Int64
    package internal(set) var amountRefunded: Int64 = 0
    package let customer: String?
    package internal(set) var invoice: String?
    package internal(set) var disputed = false
}

extension FixtureRow {
    /// The same columns of an actual row.
    package init(_ transaction: Transaction) {
        self.init(
            id: transaction.id,
            type: transaction.type,
            status: transaction.status,
            amount: transaction.amount,
            amountRefunded: transaction.amountRefunded,
            customer: transaction.customer,
            invoice: transaction.invoice,
            disputed: transaction.disputed
        )
    }
}

/// The options of a story.
package struct ScenarioOptions: Sendable {
    /// The customer's id; `nil` generates one.
    package var customer: String?
    /// The amount in minor units, at least 1.
    package var amount: Int64
    package var currency: Currency
    package var startedAt: Instant
    /// The seed of all ids and other generated details.
    package var seed: UInt64

    package init(
        customer: String? = nil,
        amount: Int64 = 2500,
        currency: Currency = Currency("usd"),
        startedAt: Instant = Instant(unixSeconds: 1_790_000_000),
        seed: UInt64 = 1
    ) {
        self.customer = customer
        self.amount = amount
        self.currency = currency
        self.startedAt = startedAt
        self.seed = seed
    }
}
