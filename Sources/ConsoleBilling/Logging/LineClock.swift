import Billing
import FoundationEssentials
import Synchronization

/// Writes the time of log lines, and formats only the first line of each second.
final class LineClock: Sendable {
    private let last = Mutex((second: Instant(unixSeconds: 0), text: Instant(unixSeconds: 0).rfc3339))

    /// `2025-06-15T00:00:00.000Z`.
    func timestamp(of date: Date) -> String {
        let milliseconds = Int64(clamping: (date.timeIntervalSince1970 * 1000).rounded(.down))
        let second = Instant(unixSeconds: milliseconds / 1000)
        let text = last.withLock { last in
            if last.second != second { last = (second, second.rfc3339) }
            return last.text
        }
        let fraction = String(milliseconds % 1000)
        return text.dropLast() + "." + String(repeating: "0", count: max(0, 3 - fraction.count)) + fraction
            + "Z"
    }
}
