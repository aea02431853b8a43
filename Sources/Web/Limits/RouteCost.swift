/// What a request of a route takes of its caller's budget, in units.
enum RouteCost: Int64, Sendable {
    /// Not limited: Stripe's deliveries, health, metrics, and files that are kept in memory.
    case free = 0
    /// Some rows, by an index.
    case row = 1
    /// A page of many rows, or one that asks Stripe.
    case page = 5
    /// Adds up a range of days or streams all rows; see ``HeavyReads``.
    case range = 10
}
