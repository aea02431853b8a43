import Billing
import FoundationEssentials
import Synchronization

/// The value of the `Date` header now, formatted once a second.
final class CurrentDate: Sendable {
    private let last = Mutex((second: Instant(unixSeconds: 0), text: ""))

    var text: String {
        let now = Instant(unixSeconds: Int64(clamping: Date().timeIntervalSince1970))
        return last.withLock { last in
            if last.second != now { last = (now, now.httpDate) }
            return last.text
        }
    }
}

extension Instant {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7), for moments after 1970, which began on a Thursday.
    var httpDate: String {
        let date = CalendarDate(self)
        let text = rfc3339
        let (weekday, month) = (
            Self.weekdays[Int(date.dayNumber % 7)], Self.months[Int(date.parts.month) - 1]
        )
        return "\(weekday), \(text.prefix(10).suffix(2)) \(month) \(text.prefix(4)) "
            + "\(text.dropFirst(11).prefix(8)) GMT"
    }
}
