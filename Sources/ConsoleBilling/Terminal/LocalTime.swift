import Billing
import Foundation

extension Instant {
    static var now: Instant { Instant(unixSeconds: Int64(time(nil))) }

    /// The time as the Stripe CLI writes it, in the local time zone: `2026-11-23 15:07:40`.
    var localText: String {
        var seconds = time_t(unixSeconds)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return "@\(unixSeconds)" }
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        return "\(day) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}
