/// The cost of one request of a route, in units.
enum RouteCost: Int64, Sendable {
    /// Not limited: Stripe's deliveries, health checks, metrics, and files held in memory.
    case free = 0
    /// Reads some rows by an index.
    case row = 1
    /// Reads a page of many rows, or sends a request to Stripe.
    case page = 5
    /// Adds up a range of days or streams all rows; see ``HeavyReads``.
    case range = 10
}
