import Billing
import StripeAPI

extension EventFamily {
    /// The types that we project, in as many groups as Stripe's filter needs.
    static var groupedTypes: [[String]] {
        stride(from: 0, to: projectedTypes.count, by: StripeListing.maxTypes).map { start in
            Array(projectedTypes[start...].prefix(StripeListing.maxTypes))
        }
    }
}
