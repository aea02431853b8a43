import Billing

/// A generation of Stripe's API: how bodies look, and what Stripe does, in one version of it.
///
/// An account stays at one version until its owner upgrades it; each webhook endpoint has a version of its own
/// (<https://docs.stripe.com/upgrades>).
package enum StripeShape: String, Sendable, CaseIterable {
    /// Today's.
    case endive = "2026-09-30.endive"
    /// The first in which an event tells how an invoice was paid.
    case basil = "2025-05-28.basil"
    /// Intents name their latest charge; charges no longer list their refunds.
    case latestCharge = "2022-11-15"
    /// Lists inside charges and intents, invoices that name their charge.
    case classic = "2020-08-27"
    /// The first PaymentIntents. Bodies of that time lack `amount_captured`.
    case firstIntents = "2019-09-09"
    /// Before PaymentIntents: a charge and its card, without a `status`.
    case chargesOnly = "2017-08-15"

    /// All in which payments have a PaymentIntent.
    package static let withIntents = allCases.filter { $0 != .chargesOnly }

    private var version: APIVersion? { APIVersion(rawValue) }

    private func isBefore(_ text: String) -> Bool {
        guard let version, let other = APIVersion(text) else { return false }
        return version < other
    }

    /// Whether charges carry their refunds, and intents their charges.
    var embedsLists: Bool { isBefore("2022-11-15") }
    /// Whether charges, intents and invoices name one another, and a capture books its remainder as a refund.
    var isBeforeBasil: Bool { isBefore("2025-03-31.basil") }
    /// Whether a refund says whose it is.
    var refundsNameTheirCustomer: Bool { !isBefore("2026-07-29.dahlia") }
}

/// How the bodies of one story are written.
struct Rendering: Sendable {
    /// The account's version, which says what Stripe does.
    var shape = StripeShape.endive
    /// The version of a second endpoint, which is told every event too, under the same id.
    var second: StripeShape?
    /// How often, of a hundred times, a reference is the whole object and not its id.
    var expandedPercent = 0
    /// Whether events may share a second, as Stripe's do.
    var allowsTies = true
}
