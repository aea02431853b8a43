package import Billing

/// A payment as the events Stripe would send of it: made up, but consistent from the first to the last.
package struct Story: Sendable {
    /// What it is asked for by, such as `refund.partial`.
    package let name: String
    package let summary: String
    /// In the order Stripe made them, which is not the order they need arrive in.
    package let events: [StoryEvent]
    /// What the customer is to see when every event has arrived, in whatever order.
    package let rows: [StoryRow]

    /// Stories are of test mode: no made-up event may ever pass for real money.
    package var livemode: Bool { false }

    package init(name: String, summary: String, events: [StoryEvent], rows: [StoryRow]) {
        self.name = name
        self.summary = summary
        self.events = events
        self.rows = rows
    }
}

/// One event of a story, as bytes ready to be signed and posted.
package struct StoryEvent: Sendable {
    package let id: String
    package let type: String
    package let created: Instant
    package let body: [UInt8]
}

/// One line of the feed that a story must end in, as far as the story decides it.
package struct StoryRow: Sendable, Hashable {
    package let id: String
    package let type: Transaction.Kind
    package let status: String
    package let amount: Int64
    package let amountRefunded: Int64
    package let customer: String?
    package let invoice: String?
    package let disputed: Bool

    package init(
        id: String,
        type: Transaction.Kind,
        status: String,
        amount: Int64,
        amountRefunded: Int64 = 0,
        customer: String?,
        invoice: String? = nil,
        disputed: Bool = false
    ) {
        self.id = id
        self.type = type
        self.status = status
        self.amount = amount
        self.amountRefunded = amountRefunded
        self.customer = customer
        self.invoice = invoice
        self.disputed = disputed
    }

    /// The same columns of a row that was derived from events.
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

/// What may be chosen about a story.
package struct StoryOptions: Sendable {
    /// `nil` makes one up.
    package var customer: String?
    /// In minor units, at least 1.
    package var amount: Int64
    package var currency: Currency
    package var startedAt: Instant
    /// Decides every id and every other made-up detail.
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
