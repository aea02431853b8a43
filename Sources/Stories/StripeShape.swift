/// Which API version's shape a body has.
///
/// An account keeps the version it began with until somebody moves it.
package enum StripeShape: String, Sendable, CaseIterable {
    /// Today's.
    case endive = "2026-09-30.endive"
    /// Lists inside charges and intents, invoices that name their charge.
    case classic = "2020-08-27"
    /// Before PaymentIntents: a charge and its card, without a `status`.
    case chargesOnly = "2017-08-15"

    /// Whether charges carry their refunds, intents their charges, and invoices their payment.
    var embedsLists: Bool { self != .endive }
}

/// How the bodies of one story are written.
struct Rendering: Sendable {
    var shape = StripeShape.endive
    /// How often, of a hundred times, a reference is the whole object and not its id.
    var expandedPercent = 0
    /// Whether events may share a second, as Stripe's do.
    var allowsTies = true
}
