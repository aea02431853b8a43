import Billing
import StripeAPI

extension EventFamily {
    /// The event types that we project, in groups as large as Stripe's `types` filter takes.
    static var groupedTypes: [[String]] {
        stride(from: 0, to: projectedTypes.count, by: StripeListing.maxTypes).map { start in
            Array(projectedTypes[start...].prefix(StripeListing.maxTypes))
        }
    }
}
