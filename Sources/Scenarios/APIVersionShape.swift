import Billing

/// A version of Stripe's API: the shape of bodies, and Stripe's behaviour in this version.
///
/// An account keeps its version until its owner upgrades it; each webhook endpoint has a version of its own
/// (<https://docs.stripe.com/upgrades>).
package enum APIVersionShape: String, Sendable, CaseIterable {
    /// The newest version.
    case endive = "2026-09-30.endive"
    /// The first version in which an event shows how an invoice was paid.
    case basil = "2025-05-28.basil"
    /// Intents name their latest charge; charges no longer list their refunds.
    case latestCharge = "2022-11-15"
    /// Charges and intents contain lists; invoices name their charge.
    case classic = "2020-08-27"
    /// The first PaymentIntents. Bodies of this time lack `amount_captured`.
    case firstIntents = "2019-09-09"
    /// Before PaymentIntents: a charge and its card, without a `status`.
    case chargesOnly = "2017-08-15"

    private var version: APIVersion? { APIVersion(rawValue) }

    private func isBefore(_ text: String) -> Bool {
        guard let version, let other = APIVersion(text) else { return false }
        return version < other
    }

    /// Whether charges contain their refunds, and intents their charges.
    var embedsLists: Bool { isBefore("2022-11-15") }
    /// Whether charges, intents and invoices refer to each other, and the remainder of a capture is booked as
    /// a refund.
    var isBeforeBasil: Bool { isBefore("2025-03-31.basil") }
    /// Whether a refund names its customer.
    var refundsNameTheirCustomer: Bool { !isBefore("2026-07-29.dahlia") }
}

/// How the bodies of one story are rendered.
struct Rendering: Sendable {
    /// The account's version, which determines Stripe's behaviour.
    var shape = APIVersionShape.endive
    /// The version of a second endpoint, which receives every event under the same id.
    var second: APIVersionShape?
    /// The percentage of references that are expanded objects instead of ids.
    var expandedPercent = 0
    /// Whether events may share a second, as Stripe's do.
    var allowsTies = true
}
